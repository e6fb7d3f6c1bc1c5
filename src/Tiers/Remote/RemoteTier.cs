using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Remote;
using Cascade.Core.Sharding;

namespace Cascade.Tiers.Remote;

/// <summary>
/// The actor of a remote tier, at <see cref="NodePaths.RemoteTier"/>: lends this node's copies to others, and brings theirs here when an owner or a writer wants that.
/// </summary>
/// <remarks>
/// Feeds a <see cref="CopyLenderCore"/> and a <see cref="CopyBringerCore"/>, which live as long as the arena, so a failed step is reported and the actor goes on with the
/// next message. It is to be subscribed to the cluster's state.
/// </remarks>
public sealed class RemoteTier : UntypedActor, IWithTimers
{
    /// <summary>While somebody waits, deadlines are looked at this often.</summary>
    private static readonly TimeSpan BusyTick = TimeSpan.FromMilliseconds(20);

    /// <summary>Otherwise overdue leases are ended this often.</summary>
    private static readonly TimeSpan IdleTick = TimeSpan.FromSeconds(1);

    private readonly RemoteTierContext _context;
    private readonly CopyLenderCore _lender;
    private readonly CopyBringerCore _bringer;
    private readonly CopyBringer _mover;
    private readonly CopyStager _stager;
    private IActorRef _verifier = ActorRefs.Nobody;
    private bool _tickingFast;

    private RemoteTier(RemoteTierContext context, CopyLenderCore lender, CopyBringerCore bringer, CopyBringer mover, CopyStager stager) =>
        (_context, _lender, _bringer, _mover, _stager) = (context, lender, bringer, mover, stager);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to start the actor, once for an arena.</summary>
    public static Props Props(RemoteTierContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var (self, copies) = (context.Nodes.Self, new DirectoryCopies(context.Copies));
        var lender = new CopyLenderCore(self, copies, context.Lending, context.FirstLease);
        var bringer = new CopyBringerCore(self, copies, context.Bringing);
        var mover = new CopyBringer(context.Nodes, context.Space, context.Router, context.Shared, context.DigestAlgorithm, context.Time);
        var stager = new CopyStager(context.Space.Memory, context.Cold, context.Gpu, context.Time);
        return Actors.Props.Create(() => new RemoteTier(context, lender, bringer, mover, stager));
    }

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _verifier = Context.ActorOf(CopyVerifier.Props(_context.Copies), "verifier");
        ScheduleTick();
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        var outbox = Recipients.StepOutbox;
        var now = _context.Time.GetElapsedTime(0);
        switch (message)
        {
            case Tick:
                _lender.Tick(now, outbox);
                _bringer.Tick(now, outbox);
                _context.Reader.Sweep();
                break;
            case ClusterState state:
                _context.Peers.Update(state.Members);
                _context.Reader.Sweep();
                _lender.Handle(now, Sender, state, outbox);
                break;
            case ReportCorrupt report:
                _verifier.Tell(report, ActorRefs.NoSender);
                break;
            case AliasBound:
                // The key index has the key in any case: that the arena had no room to record it too is no failure.
                break;
            default:
                if (!_lender.Handle(now, Sender, message, outbox) && !_bringer.Handle(now, Sender, message, outbox))
                    Unhandled(message);
                break;
        }

        Deliver(outbox);
        if (NeedsTicksSoon != _tickingFast)
            ScheduleTick();
    }

    private bool NeedsTicksSoon => _lender.HasWaiting || _bringer.WaitingRequests > 0;

    /// <summary>As <see cref="Recipients.Deliver"/>, but for what is carried out here, whose outcome comes back as a message.</summary>
    private void Deliver(Outbox outbox)
    {
        for (var i = 0; i < outbox.Effects.Count; i++)
        {
            var (to, message) = outbox.Effects[i];
            if (ReferenceEquals(to, RemotePort.Stager))
                _ = _stager.StageAsync((StageCopy)message).PipeTo(Self);
            else if (ReferenceEquals(to, RemotePort.Mover))
                _ = BringAsync((BringCopy)message).PipeTo(Self);
            else
                (to as IActorRef ?? _context.Recipients[to]).Tell(message, Self);
        }

        outbox.Clear();
    }

    private Task<CopyBrought> BringAsync(BringCopy request) =>
        request.Source.Node == _context.Nodes.Self ? StageHereAsync(request) : _mover.BringAsync(request);

    /// <summary>A copy in another tier of this node is brought into memory by that.</summary>
    private async Task<CopyBrought> StageHereAsync(BringCopy request)
    {
        if (request.Source.Tier == TierKind.Shm)
            return new CopyBrought(request.Id, BringOutcome.Gone, Reason: "the copy is gone from this node's memory");
        var staged = await _stager.StageAsync(new StageCopy(request.Id, request.Timeout, request.Source.Tier));
        if (staged.Failure is null && _context.Copies.TryDescribe(request.Id, out var copy))
            return new CopyBrought(request.Id, BringOutcome.Done, copy);
        return staged.Failure switch
        {
            NotFound => new CopyBrought(request.Id, BringOutcome.Gone),
            Unavailable unavailable => new CopyBrought(request.Id, BringOutcome.Failed, Reason: unavailable.Reason),
            var other => new CopyBrought(request.Id, BringOutcome.Busy, Reason: (other as Busy)?.Reason),
        };
    }

    private void ScheduleTick()
    {
        _tickingFast = NeedsTicksSoon;
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _tickingFast ? BusyTick : IdleTick);
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
