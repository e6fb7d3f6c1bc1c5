using System.Collections.Frozen;
using Cascade.Core.Identity;
using Cascade.Core.Ports;

namespace Cascade.Core.Registry;

/// <summary>A node's read-only copy of the prefix registry: asking it costs one lookup and no message.</summary>
/// <remarks>Thread-safe: readers see either the former state or the new one as a whole.</remarks>
public sealed class RegistryReplica : IProtectedBlocks
{
    private volatile Contents _contents = new(RegistryState.Empty, FrozenSet<BlockId>.Empty);

    /// <summary>The state that was published last, for a new singleton to start from.</summary>
    public RegistryState State => _contents.State;

    /// <inheritdoc/>
    public bool Contains(BlockId id) => _contents.Blocks.Contains(id);

    /// <summary>Puts another state in place of the present one.</summary>
    public void Publish(RegistryState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _contents = new Contents(state, state.Blocks.ToFrozenSet());
    }

    private sealed record Contents(RegistryState State, FrozenSet<BlockId> Blocks);
}
