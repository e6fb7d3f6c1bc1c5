using Cascade.Core.Identity;
using Cascade.Core.Ports;

namespace Cascade.Core.Registry;

/// <summary>A node's read-only copy of the prefix registry: asking it costs one lookup and no message.</summary>
/// <remarks>Thread-safe: readers see either the former state or the new one as a whole.</remarks>
public sealed class RegistryReplica : IProtectedBlocks
{
    private volatile RegistryState _state = RegistryState.Empty;

    /// <summary>The state that was published last.</summary>
    public RegistryState State => _state;

    /// <inheritdoc/>
    public bool Contains(BlockId id) => _state.Contains(id);

    /// <summary>Puts another state in place of the present one.</summary>
    public void Publish(RegistryState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _state = state;
    }
}
