using System.Globalization;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Cold;

/// <summary>
/// What the cold tier decides: where in the log a block goes, when it is safe, which file is given up, and what holds after a crash.
/// </summary>
/// <remarks>
/// <para>
/// The log is a row of append-only files of one writer. Every record keeps its origin, the place where it was first written; the record
/// with the latest origin about a key or a block holds. Four rules make that safe at any crash:
/// records are made durable in the order of the log; what failed is written anew together with all that came after it; files are evicted
/// oldest first, so no record that was overruled outlives the one that overruled it; and a deletion is kept until no file is left
/// that is as old as it is. What is written, flushed and deleted is asked of the device as messages.
/// </para>
/// <para>Not thread-safe: it belongs to the tier's actor. Any thread may call <see cref="TryDescribe"/>.</para>
/// </remarks>
public sealed partial class ColdStoreCore
{
    private readonly TierAddress _self;
    private readonly ColdSettings _settings;
    private readonly DigestAlgorithm _algorithm;
    private readonly IProtectedBlocks _protected;
    private readonly ColdIndex _index;
    private readonly Dictionary<long, Action<DeviceCompletion>> _inFlight = [];
    private long _requests;
    private TimeSpan _now;
    private Outbox _outbox = new();

    /// <summary>Makes a store that knows nothing yet: <see cref="Start"/> reads what is on disk.</summary>
    /// <param name="self">Its node, and <see cref="TierKind.Cold"/>: what its copies are told to owners as.</param>
    /// <param name="settings">Its bounds.</param>
    /// <param name="algorithm">What block ids of this cluster are digests by.</param>
    /// <param name="protectedBlocks">Blocks that are kept when their file is evicted, as far as there is room.</param>
    /// <exception cref="ArgumentException">A bound is outside its range.</exception>
    public ColdStoreCore(TierAddress self, ColdSettings settings, DigestAlgorithm algorithm, IProtectedBlocks protectedBlocks)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate();
        _self = self;
        _settings = settings;
        _algorithm = algorithm;
        _protected = protectedBlocks;
        _index = new ColdIndex(Tell, OnUnreadable);
    }

    /// <summary>True once what is on disk is known. Before that every request is answered <see cref="Busy"/>.</summary>
    public bool IsReady { get; private set; }

    /// <summary>When <see cref="Tick"/> is worth calling next, if nothing else happens before.</summary>
    public TimeSpan NextTick
    {
        get
        {
            var next = _now + _settings.RetryDelay;
            if (_announcing.Count > 0 && _announceAgainAt < next)
                next = _announceAgainAt;
            return _groupDue < next ? _groupDue : next;
        }
    }

    /// <summary>Figures since start.</summary>
    public ColdReport Report => new(
        _index.ReadableBlocks, _index.Bindings, _index.Files.Count, _index.ChargedBytes, _settings.CapacityBytes,
        _index.LiveBytes, _openWrites, _heldBytes, _figures);

    /// <summary>Takes one message in.</summary>
    /// <returns>False when the message is none of this store's.</returns>
    /// <exception cref="InvalidOperationException">A completion answers nothing that was asked.</exception>
    public bool Handle(TimeSpan now, object sender, object message, Outbox outbox)
    {
        _now = now;
        _outbox = outbox;
        switch (message)
        {
            case DeviceCompletion m: OnCompletion(m); break;
            case ColdPut m: OnPut(sender, m); break;
            case ColdBind m: OnBind(sender, m); break;
            case ColdUnbind m: OnUnbind(sender, m); break;
            case ColdDrop m: OnDrop(sender, m); break;
            case ColdFetch m: OnFetch(sender, m); break;
            case RoomGiven m: OnRoomGiven(m); break;
            case RoomDenied m: OnRoomDenied(m); break;
            case Bound or Refused: OnAnnounced(message); break;
            case AnnounceKeys m: OnAnnounceKeys(sender, m); break;
            case ReportHoldings or TallyHoldings or Believed: OnHoldings(message); break;
            case Moved: OnNobodyInCharge(); break;
            case ReportTier: OnReport(sender); break;
            case LeaseRecord m: OnLeaseRecord(sender, m); break;
            case ReleaseRecord m: OnReleaseRecord(m); break;
            case ColdSettle: OnSettle(sender); break;
            default: return false;
        }

        Pump();
        return true;
    }

    /// <summary>Ends overdue waits, begins flushes that are due, and reclaims space. To be called at <see cref="NextTick"/> at the latest.</summary>
    public void Tick(TimeSpan now, Outbox outbox)
    {
        _now = now;
        _outbox = outbox;
        RetryRecovery();
        AnnounceAgain();
        ExpireWrites();
        ExpireFetches();
        ExpireLeases();
        ProbeFullDisk();
        ChooseVictim();
        Pump();
    }

    private void Pump()
    {
        if (IsReady)
        {
            if (_wantedBytes > 0)
                ChooseVictim();
            AdvanceReclaim();
            PumpWrites();
            BeginFlush();
            PumpReads();
            AdvanceCheckpoint();
        }

        if (_settlers.Count > 0)
            AdvanceSettling();
    }

    private long NextNumber() => ++_requests;

    private void Issue(DeviceRequest request, Action<DeviceCompletion> done)
    {
        _inFlight.Add(request.Number, done);
        _outbox.Send(ColdPort.Device, request);
    }

    private void OnCompletion(DeviceCompletion completion)
    {
        if (!_inFlight.Remove(completion.Number, out var done))
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"The device answered request {completion.Number}, which is not open: it has to answer each request once."));
        done(completion);
    }
}
