using System.Globalization;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Leases;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;

namespace Cascade.Core.Remote;

/// <summary>Lends the copies of this node's memory to readers on other nodes.</summary>
/// <remarks>
/// A lease that gives access to memory is always one of the holder's own directory: counted there, limited in time, and ended when the reader's life leaves the
/// cluster. The lease that a block's owner gives covers only the moment between its answer and that, so that no hand-over of owners breaks a reader.
/// What a number of an earlier life of this node would match is never lent: numbers start after all that were given before.
/// Not thread-safe: it belongs to the remote tier's actor.
/// </remarks>
public sealed class CopyLenderCore
{
    // A copy may be moved between finding and leasing it; more often in a row than this it is given up.
    private const int FindsMax = 3;

    private readonly NodeId _self;
    private readonly ILendableCopies _copies;
    private readonly CopyLenderSettings _settings;
    private readonly Dictionary<ulong, LentCopy> _lent = [];
    private readonly Dictionary<BlockId, List<Asker>> _stagings = [];
    private readonly List<ulong> _ending = [];
    private MembershipView? _members;
    private ulong _nextLease;

    /// <summary>Starts with nothing lent.</summary>
    /// <param name="self">This node.</param>
    /// <param name="copies">What is lent.</param>
    /// <param name="settings">Bounds.</param>
    /// <param name="firstLease">Where lease numbers start: later than any that an earlier life of the node gave. The value of a hybrid timestamp will do.</param>
    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public CopyLenderCore(NodeId self, ILendableCopies copies, CopyLenderSettings settings, ulong firstLease)
    {
        ArgumentNullException.ThrowIfNull(copies);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate();
        (_self, _copies, _settings, _nextLease) = (self, copies, settings, Math.Max(1, firstLease));
    }

    /// <summary>Leases that other nodes hold here.</summary>
    public int LentCount => _lent.Count;

    /// <summary>True while readers wait for blocks that come into memory: ticks are worth more then.</summary>
    public bool HasWaiting => _stagings.Count > 0;

    /// <summary>Takes one message in.</summary>
    /// <returns>False when the message is none of this core's.</returns>
    public bool Handle(TimeSpan now, object sender, object message, Outbox outbox)
    {
        switch (message)
        {
            case LeaseCopy m: OnLease(now, sender, m, outbox); break;
            case RenewCopy m: OnRenew(now, sender, m, outbox); break;
            case ReleaseCopy m: End(m.Lease); break;
            case CopyStaged m: OnStaged(now, m, outbox); break;
            case ClusterState m: OnCluster(m.Members); break;
            default: return false;
        }

        return true;
    }

    /// <summary>Ends leases and waits whose time is over.</summary>
    public void Tick(TimeSpan now, Outbox outbox)
    {
        EndWhere(lent => lent.Deadline <= now);
        foreach (var askers in _stagings.Values)
        {
            askers.RemoveAll(asker =>
            {
                if (asker.Deadline > now)
                    return false;
                outbox.Send(asker.Sender, new Busy("The block was not brought into memory in time."));
                return true;
            });
        }
    }

    private void OnLease(TimeSpan now, object sender, LeaseCopy message, Outbox outbox)
    {
        if (message.LeaseFor <= TimeSpan.Zero)
            outbox.Send(sender, new Refused("A lease lasts more than 0: ask for some time."));
        else if (message.Copy.Node != _self)
            outbox.Send(sender, NotFound.Instance);
        else if (message.Copy.Tier == TierKind.Shm)
            outbox.Send(sender, Lend(now, message, message.Copy));
        else if (TryLendFromMemory(now, message) is { } answer)
            outbox.Send(sender, answer);
        else
            Stage(now, sender, message, outbox);
    }

    /// <summary>Lends the copy in memory of a block that was asked for in another tier; null when there is none.</summary>
    private object? TryLendFromMemory(TimeSpan now, LeaseCopy message)
    {
        for (var find = 0; find < FindsMax && _copies.TryFind(message.Id, out var copy); find++)
        {
            var answer = Lend(now, message, copy);
            if (answer is not NotFound)
                return answer;
        }

        return null;
    }

    private object Lend(TimeSpan now, LeaseCopy message, in CopyLocation copy)
    {
        if (_lent.Count >= _settings.LeasesMax)
            return new Busy(string.Create(CultureInfo.InvariantCulture, $"{_lent.Count} leases are held by other nodes already, the most allowed."));
        var leaseFor = message.LeaseFor < _settings.LeaseForMax ? message.LeaseFor : _settings.LeaseForMax;
        switch (_copies.TryLease(message.Id, copy, leaseFor, out var lease))
        {
            case LendOutcome.Lent:
                var number = _nextLease++;
                _lent.Add(number, new LentCopy(message.Id, copy, message.Reader, lease) { Deadline = now + leaseFor, WasSeen = IsThere(message.Reader) });
                return new CopyLeased(message.Id, copy, number, leaseFor);
            case LendOutcome.Full:
                return new Busy("As many leases are held on this node's memory as it allows.");
            default:
                return NotFound.Instance;
        }
    }

    private void Stage(TimeSpan now, object sender, LeaseCopy message, Outbox outbox)
    {
        var isNew = !_stagings.TryGetValue(message.Id, out var askers);
        if (isNew ? _stagings.Count >= _settings.StagingsMax : askers!.Count >= _settings.ReadersPerStagingMax)
        {
            outbox.Send(sender, new Busy("As many blocks are being brought into memory for other nodes, or as many wait for this one, as are allowed."));
            return;
        }

        if (message.Timeout <= TimeSpan.Zero)
        {
            outbox.Send(sender, new Busy("No time was given to bring the block into memory."));
            return;
        }

        if (isNew)
        {
            _stagings.Add(message.Id, askers = []);
            outbox.Send(RemotePort.Stager, new StageCopy(message.Id, message.Timeout, message.Copy.Tier));
        }

        askers!.Add(new Asker(sender, message, Deadline.After(now, message.Timeout)));
    }

    private void OnStaged(TimeSpan now, CopyStaged message, Outbox outbox)
    {
        if (!_stagings.Remove(message.Id, out var askers))
            return;
        foreach (var asker in askers)
        {
            var answer = message.Failure ?? TryLendFromMemory(now, asker.Request);
            outbox.Send(asker.Sender, answer ?? new Busy("The block was brought into memory, and given up again before it could be lent."));
        }
    }

    /// <summary>A renewal never shortens a lease: the reader may rely on what it was told before.</summary>
    private void OnRenew(TimeSpan now, object sender, RenewCopy message, Outbox outbox)
    {
        if (!_lent.TryGetValue(message.Lease, out var lent) || lent.Deadline <= now)
        {
            outbox.Send(sender, NotFound.Instance);
            return;
        }

        var leaseFor = message.LeaseFor < _settings.LeaseForMax ? message.LeaseFor : _settings.LeaseForMax;
        if (lent.Deadline - now >= leaseFor)
        {
            leaseFor = lent.Deadline - now;
        }
        else if (!lent.Lease.TryRenew(leaseFor))
        {
            End(message.Lease);
            outbox.Send(sender, NotFound.Instance);
            return;
        }

        lent.Deadline = now + leaseFor;
        outbox.Send(sender, new CopyLeased(lent.Id, lent.Copy, message.Lease, leaseFor));
    }

    private void OnCluster(MembershipView members)
    {
        _members = members;
        EndWhere(HasLeft);
    }

    /// <summary>A reader that is not known here yet keeps its leases until their time; one that was known, or has a later life, does not.</summary>
    private bool HasLeft(LentCopy lent)
    {
        if (_members?.Find(lent.Reader.Node) is not { } member)
            return lent.WasSeen;
        lent.WasSeen |= member.Life == lent.Reader;
        return member.Start > lent.Reader.Start;
    }

    private bool IsThere(NodeLife reader) => _members?.Find(reader.Node)?.Life == reader;

    private void EndWhere(Predicate<LentCopy> isOver)
    {
        foreach (var (number, lent) in _lent)
        {
            if (isOver(lent))
                _ending.Add(number);
        }

        foreach (var number in _ending)
            End(number);
        _ending.Clear();
    }

    private void End(ulong number)
    {
        if (_lent.Remove(number, out var lent))
            lent.Lease.Dispose();
    }

    private sealed record Asker(object Sender, LeaseCopy Request, TimeSpan Deadline);

    private sealed class LentCopy(BlockId id, in CopyLocation copy, NodeLife reader, BlockLease lease)
    {
        public BlockId Id { get; } = id;

        public CopyLocation Copy { get; } = copy;

        public NodeLife Reader { get; } = reader;

        public BlockLease Lease { get; } = lease;

        public TimeSpan Deadline { get; set; }

        /// <summary>The reader was in this node's view of the cluster once.</summary>
        public bool WasSeen { get; set; }
    }
}
