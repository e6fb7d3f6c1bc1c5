using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;

namespace Cascade.Cluster.Membership;

/// <summary>The actor of a node's membership: feeds a <see cref="MembershipCore"/>, carries its messages to other nodes and publishes what it knows.</summary>
/// <remarks>
/// A view is published before anyone is told of it. What cannot be delivered is lost, as the core expects of messages. A step of the core that throws
/// leaves it as it is: the next message or tick goes on from there.
/// </remarks>
public sealed class ClusterMembership : UntypedActor, IWithTimers
{
    /// <summary>Subscribers that are told; one more is a mistake of the program.</summary>
    private const int SubscribersMax = 1024;

    /// <summary>Askers for the end of this node's part; one more is answered at once by nobody, and its ask times out.</summary>
    private const int DepartersMax = 64;

    private readonly MembershipCore _core;
    private readonly ClusterView _view;
    private readonly Func<NodeAddress, IActorRef> _peers;
    private readonly TimeProvider _time;
    private readonly MembershipHooks _hooks;
    private readonly Memory _memory;
    private TimeSpan? _armed;

    private ClusterMembership(
        MembershipCore core, ClusterView view, Func<NodeAddress, IActorRef> peers, TimeProvider time, MembershipHooks hooks, Memory memory)
    {
        (_core, _view, _peers, _time, _hooks, _memory) = (core, view, peers, time, hooks, memory);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to start the actor, once for a core: it begins to join.</summary>
    /// <param name="core">A core that was not started.</param>
    /// <param name="view">Where to publish what is known.</param>
    /// <param name="peers">Gives the membership's actor of the node that listens at an address. Must not throw.</param>
    /// <param name="time">What the core's times are taken from.</param>
    /// <param name="hooks">Whom to tell of what happens.</param>
    public static Props Props(
        MembershipCore core, ClusterView view, Func<NodeAddress, IActorRef> peers, TimeProvider time, MembershipHooks hooks)
    {
        // What is known of others outlives a failed step, and so do those who asked to be told.
        var memory = new Memory();
        return Actors.Props.Create(() => new ClusterMembership(core, view, peers, time, hooks, memory));
    }

    /// <inheritdoc/>
    protected override void PreStart() => Step((now, outbox) => _core.Start(now, outbox));

    /// <summary>A step failed; its timer went with the instance.</summary>
    protected override void PostRestart(Exception reason)
    {
        foreach (var subscriber in _memory.Subscribers)
            Context.Watch(subscriber);
        Step((now, outbox) => _core.Tick(now, outbox));
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MembershipMessage told:
                Step((now, outbox) => _core.Handle(now, Sender, told, outbox));
                break;
            case TickDue:
                _armed = null;
                Step((now, outbox) => _core.Tick(now, outbox));
                break;
            case ConnectionLost lost:
                Step((now, outbox) => _core.ConnectionLost(now, lost.Node, outbox));
                break;
            case BeginLeave:
                Step((now, outbox) => _core.Leave(now, outbox));
                Sender.Tell(LeaveBegun.Instance, Self);
                break;
            case Depart:
                if (_memory.Departers.Count < DepartersMax)
                    _memory.Departers.Add(Sender);
                Step((now, outbox) => _core.Depart(now, outbox));
                break;
            case SubscribeToCluster:
                Subscribe(Sender);
                break;
            case Terminated gone:
                _memory.Subscribers.Remove(gone.ActorRef);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Subscribe(IActorRef subscriber)
    {
        if (_memory.Subscribers.Contains(subscriber))
            return;
        if (_memory.Subscribers.Count >= SubscribersMax)
            throw new InvalidOperationException($"{SubscribersMax} actors are told of the cluster already; is one of them subscribed anew at each start?");
        _memory.Subscribers.Add(subscriber);
        Context.Watch(subscriber);
        subscriber.Tell(_view.Current, Self);
    }

    private void Step(Action<TimeSpan, Outbox> step)
    {
        var outbox = Recipients.StepOutbox;
        var now = _time.GetElapsedTime(0);
        try
        {
            step(now, outbox);
        }
        finally
        {
            Publish();
            CarryOut(outbox);
            AnswerDeparters();
            ArmTimer(now);
        }
    }

    private void Publish()
    {
        if (ReferenceEquals(_core.View, _view.Current.Members))
            return;
        var state = _view.Publish(_core.View);
        foreach (var subscriber in _memory.Subscribers)
            subscriber.Tell(state, Self);
    }

    private void CarryOut(Outbox outbox)
    {
        foreach (var (to, message) in outbox.Effects)
        {
            if (to is IActorRef asker)
                asker.Tell(message, Self);
            else if (to is NodeAddress address)
                _peers(address).Tell(message, Self);
            else
                TellObservers(message);
        }

        outbox.Clear();
    }

    private void TellObservers(object notice)
    {
        switch (notice)
        {
            case MemberChanged changed: _hooks.OnChanged?.Invoke(changed); break;
            case SeedsSilent silent: _hooks.OnSeedsSilent?.Invoke(silent); break;
            case JoinRefused refused: _hooks.OnRefused?.Invoke(refused); break;
            case Overruled overruled: _hooks.OnOverruled?.Invoke(overruled); break;
        }
    }

    private void AnswerDeparters()
    {
        if (!_core.IsOver)
            return;
        foreach (var departer in _memory.Departers)
            departer.Tell(Departed.Instance, Self);
        _memory.Departers.Clear();
    }

    /// <summary>A timer that is due too early costs a look; one is kept rather than re-armed at every step.</summary>
    private void ArmTimer(TimeSpan now)
    {
        var next = _core.NextDeadline;
        if (next == TimeSpan.MaxValue || _armed <= next)
            return;
        _armed = next;
        Timers.StartSingleTimer(TickDue.Instance, TickDue.Instance, next > now ? next - now : TimeSpan.Zero);
    }

    private sealed class Memory
    {
        public List<IActorRef> Subscribers { get; } = [];

        public List<IActorRef> Departers { get; } = [];
    }

    private sealed class TickDue
    {
        public static readonly TickDue Instance = new();
    }
}
