using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Ownership;

/// <summary>A lease that the owner gave, to a reader on a node or, with a target, to a tier that pulls the block.</summary>
internal readonly record struct OwnerLease(ulong Number, HeldCopy Copy, NodeId Holder, TimeSpan Deadline, TierAddress? PullTarget);

/// <summary>
/// The leases of one block. Numbers only rise, so the list is in their order and one is found by bisection.
/// </summary>
internal sealed class LeaseTable
{
    private readonly List<OwnerLease> _leases = [];

    public int Count => _leases.Count;

    public void Add(in OwnerLease lease)
    {
        lease.Copy.CountLease(lease.PullTarget is not null, +1);
        _leases.Add(lease);
    }

    public bool TryEnd(ulong number, out OwnerLease lease)
    {
        int low = 0, high = _leases.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            lease = _leases[middle];
            if (lease.Number == number)
            {
                _leases.RemoveAt(middle);
                Uncount(lease);
                return true;
            }
            if (lease.Number < number)
                low = middle + 1;
            else
                high = middle - 1;
        }
        lease = default;
        return false;
    }

    /// <summary>Ends the leases on a copy that is gone.</summary>
    public void EndAllOf(HeldCopy copy) => _leases.RemoveAll(lease => ReferenceEquals(lease.Copy, copy));

    /// <summary>Ends the leases of a node that is gone.</summary>
    public void EndAllOf(NodeId holder) => _leases.RemoveAll(lease =>
    {
        if (lease.Holder == holder)
            Uncount(lease);
        return lease.Holder == holder;
    });

    /// <summary>Ends the leases whose time is over, and gives the earliest deadline among the rest.</summary>
    public TimeSpan Expire(TimeSpan now)
    {
        var earliest = TimeSpan.MaxValue;
        var kept = 0;
        for (var i = 0; i < _leases.Count; i++)
        {
            var lease = _leases[i];
            if (lease.Deadline <= now)
            {
                Uncount(lease);
                continue;
            }
            if (lease.Deadline < earliest)
                earliest = lease.Deadline;
            _leases[kept++] = lease;
        }
        _leases.RemoveRange(kept, _leases.Count - kept);
        return earliest;
    }

    public bool HasPullTo(TierAddress target)
    {
        foreach (var lease in _leases)
        {
            if (lease.PullTarget == target)
                return true;
        }
        return false;
    }

    private static void Uncount(in OwnerLease lease) => lease.Copy.CountLease(lease.PullTarget is not null, -1);
}
