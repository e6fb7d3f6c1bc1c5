using Cascade.Core.Cold;
using Cascade.Core.Eviction;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

/// <summary>
/// What a memory tier decides: who gets room, which copies are given up for it, and when a put has waited long enough.
/// </summary>
/// <remarks>
/// Owners are asked before a copy is freed, so a lease that an owner gave out is never broken; a lease taken from the
/// directory is seen as a pin. Who waits for room is served in the order of coming, so that a large put is not starved
/// by small ones. Where there is a cold tier, a copy is written there before it is given up, and a copy that is being written stays.
/// Not thread-safe: it belongs to the tier's actor.
/// </remarks>
public sealed partial class MemoryTierCore
{
    private readonly TierAddress _self;
    private readonly string _section;
    private readonly object _cold;
    private readonly IBlockArena _arena;
    private readonly IEvictionPolicy _policy;
    private readonly ISettledPolicy? _settled;
    private readonly ArrivingReads? _arriving;
    private readonly AdmissionOrder _admissions;
    private readonly IProtectedBlocks _protected;
    private readonly MemoryTierSettings _settings;
    private readonly long _headroomSlots;
    private readonly long _transitBytes;
    private readonly long _transitSlots;
    private readonly ResidentCopies _copies;
    private readonly ExtraCopies _extras = new();
    private readonly List<(CopyLocation Copy, bool IsCorrupt)> _drops = [];
    private readonly List<KeyBinding> _keys = [];
    private readonly Func<uint, bool> _mayEvict;
    private long _published, _evicted, _demoted, _promoted, _dropped, _corrupt, _busy;

    /// <summary>Takes over the arena; copies that it holds already are tracked from here on.</summary>
    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    /// <param name="self">Its node, and which tier it is.</param>
    /// <param name="arena">Its memory.</param>
    /// <param name="policy">Which copies are given up.</param>
    /// <param name="protectedBlocks">Which never are.</param>
    /// <param name="settings">Bounds.</param>
    /// <param name="below">Receives what is asked of the tier below, in the messages of the cold tier; null for the node's cold tier.</param>
    public MemoryTierCore(
        TierAddress self, IBlockArena arena, IEvictionPolicy policy, IProtectedBlocks protectedBlocks, MemoryTierSettings settings, object? below = null)
    {
        settings.Validate(arena.CapacityBytes);
        _self = self;
        _cold = below ?? new TierAddress(self.Node, TierKind.Cold);
        _section = self.Tier == TierKind.Gpu ? "cascade.tiers.gpu" : "cascade.tiers.shm";
        _arena = arena;
        _policy = policy;
        _settled = policy as ISettledPolicy;
        _arriving = policy as ArrivingReads;
        _admissions = new AdmissionOrder(policy, arena.Knows);
        _protected = protectedBlocks;
        _settings = settings;
        _headroomSlots = (long)((double)arena.SlotCount * settings.HeadroomBytes / arena.CapacityBytes);
        _transitBytes = Math.Max(settings.TransitBytes, settings.HeadroomBytes);
        _transitSlots = (long)((double)arena.SlotCount * _transitBytes / arena.CapacityBytes);
        _copies = new ResidentCopies(arena.SlotCount);
        _mayEvict = MayEvict;
        TrackAll();
    }

    /// <summary>True while room is waited for.</summary>
    public bool HasWaitingPuts => _waiting.Count > 0;

    /// <summary>True while something is under way that ticks bring on: they are worth more then.</summary>
    public bool NeedsTicksSoon =>
        NeedsRoom || _ahead.Count > 0 || _paused.Count > 0 || _askers.Count > 0 || _announced.Count > 0 || _lost.Count > 0;

    /// <summary>Takes one message in.</summary>
    /// <returns>False when the message is none of this tier's.</returns>
    public bool Handle(TimeSpan now, object sender, object message, Outbox outbox)
    {
        switch (message)
        {
            case Reserve m: OnReserve(now, sender, m, outbox); break;
            case Withdraw m: OnWithdraw(now, m, outbox); break;
            case Publish m: OnPublish(now, sender, m, outbox); break;
            case Cancel m: OnCancel(now, m, outbox); break;
            case EndPassing m: OnEndPassing(now, m, outbox); break;
            case BindAlias m: outbox.Send(sender, new AliasBound(TryBindAlias(m.Id, m.Binding), _arena.TryFind(m.Id, out _))); break;
            case MakeDurable m: OnMakeDurable(now, sender, m, outbox); break;
            case ReleaseKey m: OnReleaseKey(now, sender, m, outbox); break;
            case EvictGranted m: OnEvictGranted(now, m, outbox); break;
            case EvictRefused m: OnEvictRefused(now, m, outbox); break;
            case Demote m: OnDemote(now, m, outbox); break;
            case ColdAnswer m: OnColdAnswer(now, m, outbox); break;
            case RoomNeeded m: OnRoomNeeded(now, sender, m, outbox); break;
            case RoomFilled m: OnRoomFilled(now, m, outbox); break;
            case RoomReturned m: OnRoomReturned(now, m, outbox); break;
            case Drop m: OnDrop(now, m.Id, m.Copy, isCorrupt: false, outbox); break;
            case ReportCorrupt m: OnCorrupt(now, m, outbox); break;
            case MakeNoRoom: _makesNoRoom = true; break;
            case MemoryLost m: OnMemoryLost(now, m, outbox); break;
            case AnnounceKeys m: OnAnnounceKeys(sender, m, outbox); break;
            case Bound m: OnBound(now, m, outbox); break;
            case Refused: OnAnnounceRefused(outbox); break;
            case ReportHoldings m: OnReportHoldings(now, m, outbox); break;
            case TallyHoldings m: HoldingsTelling.Tally(_self, this, m, outbox); break;
            case Believed m: OnBelieved(now, m, outbox); break;
            case Moved: OnNobodyInCharge(now); break;
            case ReportTier: outbox.Send(sender, Report()); break;
            default: return false;
        }

        return true;
    }

    /// <summary>Ends overdue leases, waits and questions. To be called at least as often as the shortest deadline matters.</summary>
    public void Tick(TimeSpan now, Outbox outbox)
    {
        _settled?.Settle();
        _admissions.Tick(now);
        _arena.ExpireLeases(now);
        _copies.EndOverdueEvictions(now);
        LoseSome(now, outbox);
        RetryDrops(outbox);
        AskForUnnamed(now, outbox);
        ExpirePassing(now);
        ExpireWaiters(now, outbox);
        ExpireAskers(now, outbox);
        RetryWrites(now, outbox);
        AnnounceAgain(now, outbox);
        Serve(now, outbox);
    }

    /// <summary>What was here before is in the order of its slots: the policy is told of parents first.</summary>
    private void TrackAll()
    {
        var found = new List<(CopyLocation Copy, KeyBinding Binding)>();
        _arena.Visit((copy, id, binding) =>
        {
            _copies.Add(copy, id);
            found.Add((copy, binding));
        });
        foreach (var (copy, binding) in found.OrderBy(static entry => entry.Binding.Depth))
            _policy.Admit(copy.Slot, binding, copy.LengthBytes);
    }

    private void OnPublish(TimeSpan now, object sender, Publish message, Outbox outbox)
    {
        // An owner that lost its memory may grant a fill for a block that lies here: the copy that is here stays.
        if (_arena.TryFind(message.Id, out var copy))
        {
            _arena.Cancel(message.Reservation);
            if (!message.IsExtra)
            {
                _extras.Remove(copy.Slot);
                TryBindAlias(message.Id, message.Binding);
            }

            // The writer is about to commit this copy: a grant to evict it that is under way is from before the fill and void.
            _copies.VoidEviction(copy.Slot, now + _settings.EvictionTimeout);
        }
        else
        {
            copy = PublishNew(now, message.Reservation, message.Id, message.Binding);
            if (message.IsExtra)
            {
                // Nobody waits for it who would look whether the key was deleted while the copy was on its way.
                _extras.Add(copy.Slot);
                if (!message.Binding.Key.IsZero)
                    AnnounceKey(copy.Slot, message.Binding, outbox);
            }
        }

        if (message.Announce)
            outbox.Send(Destination.Owners, new AddCopy(message.Id, copy));
        outbox.Send(sender, new Published(copy));

        // Room that was given back may be passed on, but no question about this copy may come before word of it: it would be counted after its end.
        Serve(now, outbox);
    }

    private CopyLocation PublishNew(TimeSpan now, in Reservation reservation, BlockId id, in KeyBinding binding)
    {
        var copy = _arena.Publish(reservation, id, binding);
        _copies.Add(copy, id);
        _admissions.Admit(now, copy.Slot, binding, copy.LengthBytes);
        _published++;
        return copy;
    }

    private void OnCancel(TimeSpan now, Cancel message, Outbox outbox)
    {
        _arena.Cancel(message.Reservation);
        ForgetPassing(message.Reservation);
        Serve(now, outbox);
    }

    private TierReport Report() => new(
        _self.Tier, _arena.CapacityBytes, _arena.FreeBytes, _copies.Count, _published, _evicted, _demoted, _promoted, _dropped,
        _corrupt, _busy, _waiting.Count);
}
