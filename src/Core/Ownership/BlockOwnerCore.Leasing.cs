using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Ownership;

/// <content>Readers and transfers hold the copy that they read in place.</content>
public sealed partial class BlockOwnerCore
{
    private void OnLocate(TimeSpan now, object sender, Locate locate, Outbox outbox)
    {
        if (State != BlockState.Resident)
        {
            outbox.Send(sender, NotHere);
            return;
        }
        var leaseFor = locate.LeaseFor < _settings.MaxLeaseFor ? locate.LeaseFor : _settings.MaxLeaseFor;
        if (leaseFor < TimeSpan.Zero)
            leaseFor = TimeSpan.Zero;
        var copy = NearestTo(locate.Reader);
        if (!TryLease(now, copy, locate.Reader, leaseFor, pullTarget: null, out var lease))
        {
            outbox.Send(sender, new Busy("The block has as many leases as it may."));
            return;
        }
        outbox.Send(sender, new Located(_id, copy.Location, lease, leaseFor));
    }

    private void OnPromote(TimeSpan now, object sender, Promote promote, Outbox outbox)
    {
        if (State != BlockState.Resident)
        {
            outbox.Send(sender, NotHere);
            return;
        }
        foreach (var copy in _copies)
        {
            if (copy.Location.Address == promote.To)
            {
                outbox.Send(sender, new AlreadyPresent(_id, copy.Location));
                return;
            }
        }
        if (_leases is null || !_leases.HasPullTo(promote.To))
        {
            var source = NearestTo(promote.To.Node);
            if (!TryLease(now, source, promote.To.Node, _settings.PullTimeout, promote.To, out var lease))
            {
                outbox.Send(sender, new Busy("The block has as many leases as it may."));
                return;
            }
            outbox.Send(promote.To, new Pull(_id, source.Location, lease, _settings.PullTimeout, promote.Binding));
        }
        outbox.Send(sender, new Promoting(_id, promote.To));
    }

    private bool TryLease(TimeSpan now, HeldCopy copy, NodeId holder, TimeSpan leaseFor, TierAddress? pullTarget, out ulong number)
    {
        number = 0;
        if ((_leases?.Count ?? 0) >= _settings.MaxLeases)
            return false;
        number = _nextNumber++;
        var deadline = Deadline.After(now, leaseFor);
        if (deadline > now)
        {
            _leases ??= new LeaseTable();
            _leases.Add(new OwnerLease(number, copy, holder, deadline, pullTarget));
            Arm(deadline);
        }
        return true;
    }

    private void OnRelease(TimeSpan now, Release release, Outbox outbox)
    {
        if (_leases is null || !_leases.TryEnd(release.Lease, out var lease))
            return;
        LetGoOfEmptyLeases();
        if (_isDraining)
            DropWhenFree(now, lease.Copy, outbox);
    }

    private void ExpireLeases(TimeSpan now, Outbox outbox)
    {
        if (_leases is null)
            return;
        Arm(_leases.Expire(now));
        LetGoOfEmptyLeases();
        if (!_isDraining)
            return;
        foreach (var copy in _copies)
            DropWhenFree(now, copy, outbox);
    }

    private void EndLeasesOn(HeldCopy copy)
    {
        if (_leases is null || !copy.IsLeased)
            return;
        _leases.EndAllOf(copy);
        LetGoOfEmptyLeases();
    }

    private void LetGoOfEmptyLeases()
    {
        if (_leases?.Count == 0)
            _leases = null;
    }

    /// <summary>
    /// The best copy to be read in shared memory there: its own, one in its own device memory, other nodes' memory, their device memory, then cold ones. Among
    /// equals the one with fewest leases, so that the readers of a hot block spread.
    /// </summary>
    private HeldCopy NearestTo(NodeId reader)
    {
        var best = _copies[0];
        for (var i = 1; i < _copies.Count; i++)
        {
            var copy = _copies[i];
            var order = DistanceTo(reader, copy).CompareTo(DistanceTo(reader, best));
            if (order == 0)
                order = (copy.ReaderLeases + copy.PullLeases).CompareTo(best.ReaderLeases + best.PullLeases);
            if (order == 0)
                order = copy.Location.Node.CompareTo(best.Location.Node);
            if (order < 0)
                best = copy;
        }
        return best;
    }

    private static int DistanceTo(NodeId reader, HeldCopy copy)
    {
        var isOwn = copy.Location.Node == reader;
        return copy.Location.Tier switch
        {
            TierKind.Gpu => isOwn ? 1 : 3,
            TierKind.Cold => isOwn ? 4 : 5,
            _ => isOwn ? 0 : 2,
        };
    }
}
