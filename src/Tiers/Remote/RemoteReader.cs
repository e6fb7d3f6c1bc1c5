using Cascade.Actors.Shells;
using Cascade.Core.Fabric;
using Cascade.Core.Identity;
using Cascade.Core.Leases;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Tiers.Fabric;
using Cascade.Tiers.Payload;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Remote;

/// <summary>Reads blocks that lie in the memory of other nodes: in place where the holder's arena can be mapped, else pulled into room here. Thread-safe.</summary>
/// <remarks>
/// A lease that gives access to memory is always one of the holder's own directory: counted there, limited in time, and ended when this life of the reader's node leaves the
/// cluster. A pull needs none from here: a fabric leases what it moves, or looks at the copy's generation behind the bytes, and what has come is held
/// against its id. The lease of the block's owner covers only the moment between its answer and that one; it may be released as soon as a read has ended. So hand-overs of owners
/// never break a reader. The reader is promised less time than the holder gave, and <see cref="BlockLease.IsHeld"/> also looks at the copy's generation, so
/// that true after reading means that the bytes were the block's, whatever became of the holder meanwhile.
/// </remarks>
public sealed class RemoteReader
{
    private readonly RemoteReaderOptions _options;
    private readonly NodeRefs _nodes;
    private readonly SameHostFabric? _mapping;
    private readonly SharedCopies? _shared;
    private readonly CopyPuller _puller;
    private readonly HolderLink _link;
    private readonly RemoteLeases _leases;
    private readonly CheckedCopies _checked;
    private readonly TimeProvider _time;
    private long _reads, _mapped, _pulled, _pulledBytes, _gone, _busy, _failed, _corrupt;

    /// <summary>Starts with nothing read.</summary>
    /// <param name="options">Bounds, and what is checked.</param>
    /// <param name="nodes">The other nodes' actors, and this node's view of the cluster.</param>
    /// <param name="router">By what ways bytes are pulled.</param>
    /// <param name="mapping">Maps arenas of nodes on this machine; null to pull from all. Disposed by the caller, after all leases.</param>
    /// <param name="space">Where pulled blocks go; null to read mapped arenas alone.</param>
    /// <param name="time">The clock of leases and deadlines.</param>
    /// <param name="shared">Reads cold files of other nodes that this one sees too; null to have their holders read them.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public RemoteReader(
        RemoteReaderOptions options, NodeRefs nodes, FabricRouter router, SameHostFabric? mapping, IPullSpace? space, TimeProvider time,
        SharedCopies? shared = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(router);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        (_options, _nodes, _mapping, _time, _shared) = (options, nodes, mapping, time, shared);
        _puller = new CopyPuller(router, space, options.DigestAlgorithm);
        _link = new HolderLink(nodes);
        _leases = new RemoteLeases(options.LeasesMax, _link, time);
        _checked = new CheckedCopies(options.CheckedCopiesMax);
    }

    /// <summary>Figures since the start.</summary>
    public RemoteReadFigures Figures => new(
        Volatile.Read(ref _mapped), Volatile.Read(ref _pulled), Volatile.Read(ref _pulledBytes), Volatile.Read(ref _gone), Volatile.Read(ref _busy),
        Volatile.Read(ref _failed), Volatile.Read(ref _corrupt), _leases.Count);

    /// <summary>Reads a copy that the block's owner named.</summary>
    /// <param name="id">The block.</param>
    /// <param name="copy">Where it lies; one in another node's cold tier is read from its files where this node sees them, else into memory there.</param>
    /// <param name="leaseFor">How long the lease is to last: more than 0, at most 7 days. The holder may give less.</param>
    /// <param name="deadline">How long the read may take; checking a large block may take as long as its digest more.</param>
    /// <param name="cancellation">Ends the wait; nothing is left held then.</param>
    /// <returns>The lease, of the tier <see cref="TierKind.Remote"/>, or <see cref="TierKind.Cold"/> when read from files; or why there is none.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time of the lease is outside its range.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async ValueTask<RemoteRead> ReadAsync(
        BlockId id, CopyLocation copy, TimeSpan leaseFor, TimeSpan deadline, CancellationToken cancellation = default)
    {
        LeaseTable.RequireDuration(leaseFor);
        var read = await TryReadAsync(id, copy, leaseFor, new TimeLimit(_time, deadline), cancellation);
        Count(read, copy);
        return read;
    }

    /// <summary>Copies a block that was read here before, where the holder's arena can be mapped, while the copy is being leased.</summary>
    /// <returns>
    /// True when the destination has the copy, from its first byte on; whether it is still the block that is wanted, the lease says. False when it has
    /// to be read in the ordinary way; what the destination has then is undefined.
    /// </returns>
    public unsafe bool TryCopyAhead(BlockId id, in CopyLocation copy, Span<byte> destination)
    {
        if (_mapping is null || copy.LengthBytes > destination.Length || _nodes.View.Current.Members.Find(copy.Node) is not { } holder
            || !_checked.Contains(holder.Life, id, copy) || _mapping.TryOpen(copy, out var window, out _) != PullOutcome.Done)
            return false;
        using (window)
        {
            new ReadOnlySpan<byte>((byte*)window!.Address, (int)window.LengthBytes).CopyTo(destination);
            return window.IsIntact;
        }
    }

    /// <summary>Ends leases that nobody disposed in their time, and those whose holder has left. To be called about once a second, and when the cluster changes.</summary>
    public void Sweep() => _leases.Sweep(_nodes.View.Current.Members);

    private async ValueTask<RemoteRead> TryReadAsync(BlockId id, CopyLocation copy, TimeSpan leaseFor, TimeLimit limit, CancellationToken cancellation)
    {
        var members = _nodes.View.Current.Members;
        if (copy.Node == _nodes.Self || members.Find(_nodes.Self) is not { } self || members.Find(copy.Node) is not { } holder)
            return new RemoteRead(RemoteReadOutcome.Failed, Reason: $"{copy.Node} is this node, or one of both is not in the cluster");
        if (!_leases.TryEnter())
            return new RemoteRead(RemoteReadOutcome.Busy, Reason: $"{_options.LeasesMax} blocks of other nodes are leased, the most allowed");
        CopyLeased? lent = null;
        var kept = false;
        try
        {
            if (_shared is not null && await _shared.TryReadAsync(id, copy, RoomUse.Store, limit, cancellation) is { } room)
            {
                kept = true;
                return Held(id, room, copy.LengthBytes, leaseFor, TierKind.Cold);
            }

            var isToBeChecked = IsToBeChecked();
            if (copy.Tier == TierKind.Shm && isToBeChecked && _mapping?.IsHere(copy.Node) != true)
            {
                var direct = await PullAsync(id, copy, isToBeChecked, leaseFor, limit, cancellation);
                kept = direct.Outcome == RemoteReadOutcome.Done;
                return direct;
            }

            var asked = _leases.Now;
            var answer = await _link.LeaseAsync(id, copy, self.Life, RemoteLeases.Ample(leaseFor), limit, cancellation);
            lent = answer as CopyLeased;
            if (lent is null)
                return RemoteRead.Of(answer);
            var confirmedUntil = asked + RemoteLeases.Sure(lent.LeaseFor);
            if (TryMap(id, lent, holder.Life, isToBeChecked, leaseFor, confirmedUntil) is { } mapped)
            {
                kept = mapped.Outcome == RemoteReadOutcome.Done;
                if (kept)
                    lent = null;
                return mapped;
            }

            var pulled = await PullAsync(id, lent.Copy, isToBeChecked, leaseFor, limit, cancellation);
            kept = pulled.Outcome == RemoteReadOutcome.Done;
            return pulled;
        }
        finally
        {
            if (lent is not null)
                _link.Release(copy.Node, lent.Lease);
            if (!kept)
                _leases.Leave();
        }
    }

    /// <summary>Reads in place; null when the holder's arena cannot be mapped.</summary>
    private RemoteRead? TryMap(BlockId id, CopyLeased lent, NodeLife holder, bool isToBeChecked, TimeSpan leaseFor, TimeSpan confirmedUntil)
    {
        if (_mapping is null)
            return null;
        switch (_mapping.TryOpen(lent.Copy, out var window, out _))
        {
            case PullOutcome.Done:
                break;
            case PullOutcome.Stale:
                return new RemoteRead(RemoteReadOutcome.Failed, Reason: $"the arena file that is mapped is not the one that {lent.Copy.Node} serves from");
            default:
                return null;
        }

        if (isToBeChecked && !IsSound(id, lent.Copy, holder, window!))
        {
            var wasIntact = window!.IsIntact;
            window.Dispose();
            return wasIntact ? Corrupt(id, lent.Copy, "what is mapped is not the block") : RemoteRead.Of(NotFound.Instance);
        }

        var until = _leases.Now + leaseFor < confirmedUntil ? _leases.Now + leaseFor : confirmedUntil;
        var lease = new RemoteLease(_leases, window!, holder, lent.Lease, until, confirmedUntil);
        _leases.Add(lease);
        return new RemoteRead(
            RemoteReadOutcome.Done, new BlockLease(lease, 0, 0, window!.Address, window.LengthBytes, id, TierKind.Remote), IsMapped: true);
    }

    private unsafe bool IsSound(BlockId id, in CopyLocation copy, NodeLife holder, PeerWindow window)
    {
        if (_checked.Contains(holder, id, copy))
            return true;
        if (!BlockVerifier.Matches(_options.DigestAlgorithm, (byte*)window.Address, window.LengthBytes, id))
            return false;
        _checked.Add(holder, id, copy);
        return true;
    }

    private async Task<RemoteRead> PullAsync(
        BlockId id, CopyLocation copy, bool isToBeChecked, TimeSpan leaseFor, TimeLimit limit, CancellationToken cancellation)
    {
        var pulled = await _puller.PullAsync(id, copy, isToBeChecked, limit, cancellation);
        switch (pulled.Outcome)
        {
            case PulledOutcome.Done:
                return Held(id, pulled.Room!, copy.LengthBytes, leaseFor, TierKind.Remote);
            case PulledOutcome.Gone:
                return RemoteRead.Of(NotFound.Instance);
            case PulledOutcome.Corrupt:
                return Corrupt(id, copy, pulled.Reason);
            case PulledOutcome.Busy:
                return new RemoteRead(RemoteReadOutcome.Busy, Reason: pulled.Reason);
            default:
                return new RemoteRead(RemoteReadOutcome.Failed, Reason: pulled.Reason);
        }
    }

    private RemoteRead Held(BlockId id, PulledRoom room, long lengthBytes, TimeSpan leaseFor, TierKind tier)
    {
        var lease = new RemoteLease(_leases, room, _leases.Now + leaseFor);
        _leases.Add(lease);
        return new RemoteRead(RemoteReadOutcome.Done, new BlockLease(lease, 0, 0, room.Address, lengthBytes, id, tier));
    }

    private RemoteRead Corrupt(BlockId id, in CopyLocation copy, string? reason)
    {
        Interlocked.Increment(ref _corrupt);
        _link.ReportCorrupt(id, copy);
        return new RemoteRead(RemoteReadOutcome.Failed, Reason: reason);
    }

    private bool IsToBeChecked() => _options.CheckEvery == 1 || Interlocked.Increment(ref _reads) % _options.CheckEvery == 0;

    private void Count(in RemoteRead read, in CopyLocation copy)
    {
        switch (read.Outcome)
        {
            case RemoteReadOutcome.Done when read.IsMapped:
                Interlocked.Increment(ref _mapped);
                break;
            case RemoteReadOutcome.Done:
                Interlocked.Increment(ref _pulled);
                Interlocked.Add(ref _pulledBytes, copy.LengthBytes);
                break;
            case RemoteReadOutcome.Gone:
                Interlocked.Increment(ref _gone);
                break;
            case RemoteReadOutcome.Busy:
                Interlocked.Increment(ref _busy);
                break;
            default:
                Interlocked.Increment(ref _failed);
                break;
        }
    }
}
