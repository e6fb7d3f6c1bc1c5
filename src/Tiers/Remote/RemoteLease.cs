using Cascade.Core.Leases;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Tiers.Fabric;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Remote;

/// <summary>A lease that a reader of this node holds: of a copy in a mapped arena of a peer, or of room here that a copy was pulled into. Any thread.</summary>
/// <remarks>
/// An object a lease, and not an entry of a table, because what is read may be unmapped: the peer's mapping stays for as long as any copy of the lease can be
/// reached, also after its time. The time that a reader is promised always ends before the holder's: it is counted from before the holder was asked, less a share by which
/// clocks may run apart, and the holder is asked for twice as much, so that a renewal holds at once while more is asked for behind it.
/// </remarks>
internal sealed class RemoteLease : ILeaseHolder
{
    /// <summary>How long an answer to a renewal is waited for.</summary>
    private static readonly TimeSpan RenewTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _turn = new();
    private readonly RemoteLeases _leases;
    private readonly PeerWindow? _window;
    private readonly PulledRoom? _room;
    private readonly ulong _number;
    private long _until;
    private long _confirmedUntil;
    private bool _hasEnded;
    private int _renewing;

    /// <summary>A lease on a mapped copy.</summary>
    public RemoteLease(RemoteLeases leases, PeerWindow window, NodeLife holder, ulong number, TimeSpan until, TimeSpan confirmedUntil)
    {
        (_leases, _window, Holder, _number) = (leases, window, holder, number);
        (_until, _confirmedUntil) = (until.Ticks, confirmedUntil.Ticks);
        Place = new LinkedListNode<RemoteLease>(this);
    }

    /// <summary>A lease on room here.</summary>
    public RemoteLease(RemoteLeases leases, PulledRoom room, TimeSpan until)
    {
        (_leases, _room, _until) = (leases, room, until.Ticks);
        Place = new LinkedListNode<RemoteLease>(this);
    }

    /// <summary>Whose lease it rests on; null for none.</summary>
    public NodeLife? Holder { get; }

    /// <summary>Its place in the list of all.</summary>
    public LinkedListNode<RemoteLease> Place { get; }

    /// <inheritdoc/>
    public bool IsHeld(uint entry, uint stamp)
    {
        // The caller's reads of the bytes come before this answer about them.
        Volatile.ReadBarrier();
        return !Volatile.Read(ref _hasEnded) && _leases.Now.Ticks < Volatile.Read(ref _until) && _window?.IsIntact != false;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// False as well, with the lease held on until its present end, when the holder did not confirm so much time yet: a renewal for longer than the lease
    /// before, or one that follows another within a round trip. It is asked for then, and repeating it later succeeds.
    /// </remarks>
    public bool TryRenew(uint entry, uint stamp, TimeSpan duration)
    {
        LeaseTable.RequireDuration(duration);
        bool isCovered, wantsMore;
        lock (_turn)
        {
            if (!IsHeld(entry, stamp))
                return false;
            var until = _leases.Now.Ticks + duration.Ticks;
            isCovered = _window is null || until <= _confirmedUntil;
            wantsMore = _window is not null && until + duration.Ticks > _confirmedUntil;
            if (isCovered)
                Volatile.Write(ref _until, until);
        }

        if (wantsMore && Interlocked.Exchange(ref _renewing, 1) == 0)
            _ = RenewAsync(duration);
        return isCovered;
    }

    /// <inheritdoc/>
    public void Release(uint entry, uint stamp)
    {
        if (TryEnd(at: null))
            GiveUp();
        _room?.GiveBack();
        _window?.Dispose();
    }

    /// <summary>Ends the lease if its time is over at <paramref name="now"/>. A reader may still look at the bytes: they stay mapped.</summary>
    public void Expire(TimeSpan now)
    {
        if (!TryEnd(now))
            return;
        GiveUp();
        _room?.Abandon();
    }

    /// <summary>Ends the lease, for its holder no longer knows of it.</summary>
    public void Lose() => Expire(TimeSpan.MaxValue);

    private void GiveUp()
    {
        _leases.Remove(this);
        if (Holder is { } holder)
            _leases.Link.Release(holder.Node, _number);
    }

    /// <summary>True for the one call that ends it.</summary>
    private bool TryEnd(TimeSpan? at)
    {
        lock (_turn)
        {
            if (_hasEnded || at?.Ticks < _until)
                return false;
            Volatile.Write(ref _hasEnded, true);
            return true;
        }
    }

    private async Task RenewAsync(TimeSpan duration)
    {
        var asked = _leases.Now;
        switch (await _leases.Link.RenewAsync(Holder!.Value.Node, _number, RemoteLeases.Ample(duration), RenewTimeout))
        {
            case CopyLeased leased:
                lock (_turn)
                    _confirmedUntil = Math.Max(_confirmedUntil, (asked + RemoteLeases.Sure(leased.LeaseFor)).Ticks);
                break;
            case NotFound:
                Lose();
                break;
        }

        Volatile.Write(ref _renewing, 0);
    }
}
