using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Tiers.Gpu;
using Cascade.Tiers.Shm;

namespace Cascade.Hosting.Node;

/// <summary>What this node's tiers hold, for owners that come to life.</summary>
internal sealed class NodeInventory(ShmArena arena, ColdStoreCore? cold, GpuPool? gpu) : ICopyInventory
{
    /// <inheritdoc/>
    public IReadOnlyList<CopyLocation> CopiesOf(BlockId id)
    {
        var copies = new List<CopyLocation>(3);
        if (arena.Directory.TryDescribe(id, out var copy))
            copies.Add(copy);
        if (gpu is not null && gpu.TryDescribe(id, out copy))
            copies.Add(copy);
        if (cold is not null && cold.TryDescribe(id, out copy))
            copies.Add(copy);
        return copies;
    }

    /// <inheritdoc/>
    public bool Holds(BlockId id) =>
        arena.Directory.TryDescribe(id, out _) || (gpu is not null && gpu.TryDescribe(id, out _)) || (cold is not null && cold.TryDescribe(id, out _));
}
