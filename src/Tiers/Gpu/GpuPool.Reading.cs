using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Gpu;

/// <content>The readers' side, through all devices. Any thread.</content>
public sealed partial class GpuPool
{
    /// <summary>Leases the block that a key names here. Any thread; allocates nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The duration is not positive, or longer than 7 days.</exception>
    public LeaseOutcome Lease(KeyDigest key, TimeSpan duration, out GpuLease lease)
    {
        lease = default;
        foreach (var part in _parts)
        {
            var outcome = part.Slab.Directory.Lease(key, duration, out lease);
            if (outcome != LeaseOutcome.Missing)
                return outcome;
        }

        return LeaseOutcome.Missing;
    }

    /// <summary>Leases a block that lies here. Any thread; allocates nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The duration is not positive, or longer than 7 days.</exception>
    public LeaseOutcome Lease(BlockId id, TimeSpan duration, out GpuLease lease)
    {
        lease = default;
        foreach (var part in _parts)
        {
            var outcome = part.Slab.Directory.Lease(id, duration, out lease);
            if (outcome != LeaseOutcome.Missing)
                return outcome;
        }

        return LeaseOutcome.Missing;
    }

    /// <summary>Says where a block lies here. Any thread.</summary>
    public bool TryDescribe(BlockId id, out CopyLocation copy)
    {
        foreach (var part in _parts)
        {
            if (part.Slab.Directory.TryDescribe(id, out copy))
            {
                copy = part.Outward(copy);
                return true;
            }
        }

        copy = default;
        return false;
    }

    /// <summary>Says which block a key names here. Any thread.</summary>
    public bool TryDescribe(KeyDigest key, out BlockId id)
    {
        foreach (var part in _parts)
        {
            if (part.Slab.Directory.TryDescribe(key, out _, out id))
                return true;
        }

        id = default;
        return false;
    }
}
