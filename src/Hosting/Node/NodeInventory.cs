using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Tiers.Shm;

namespace Cascade.Hosting.Node;

/// <summary>What this node's tiers hold, for owners that come to life.</summary>
internal sealed class NodeInventory(ShmArena arena, ColdStoreCore? cold) : ICopyInventory
{
    /// <inheritdoc/>
    public IReadOnlyList<CopyLocation> CopiesOf(BlockId id)
    {
        var isInMemory = arena.Directory.TryDescribe(id, out var copy);
        if (cold is null || !cold.TryDescribe(id, out var stored))
            return isInMemory ? [copy] : [];
        return isInMemory ? [copy, stored] : [stored];
    }

    /// <inheritdoc/>
    public bool Holds(BlockId id) => arena.Directory.TryDescribe(id, out _) || (cold is not null && cold.TryDescribe(id, out _));
}
