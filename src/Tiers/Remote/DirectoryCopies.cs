using Cascade.Core.Identity;
using Cascade.Core.Leases;
using Cascade.Core.Placement;
using Cascade.Core.Remote;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Remote;

/// <summary>An arena's directory as what is lent to other nodes. Thread-safe.</summary>
/// <remarks>The first lease of a copy that outlived a crash takes the time of its digest.</remarks>
internal sealed class DirectoryCopies(ShmDirectory directory) : ILendableCopies
{
    /// <inheritdoc/>
    public LendOutcome TryLease(BlockId id, in CopyLocation copy, TimeSpan duration, out BlockLease lease)
    {
        var outcome = directory.Lease(copy, duration, out lease);
        if (outcome == LeaseOutcome.TooManyLeases)
            return LendOutcome.Full;
        if (outcome != LeaseOutcome.Leased)
            return LendOutcome.Gone;
        if (lease.Id == id)
            return LendOutcome.Lent;
        lease.Dispose();
        lease = default;
        return LendOutcome.Gone;
    }

    /// <inheritdoc/>
    public bool TryFind(BlockId id, out CopyLocation copy) => directory.TryDescribe(id, out copy);
}
