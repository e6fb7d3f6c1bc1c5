using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Indices;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;

namespace Cascade.Cluster.Index;

/// <summary>The actor of one lane of the key index: feeds a <see cref="KeyIndexLaneCore"/> and carries out what it decides.</summary>
/// <remarks>
/// It answers <see cref="ReportKeyIndex"/> with a <see cref="KeyLaneReport"/>. It has to be told of each <see cref="ClusterState"/>; until the first one it holds
/// messages back.
/// </remarks>
public sealed class KeyIndexLane : UntypedActor, IWithTimers
{
    /// <summary>While something is under way it is brought on this often.</summary>
    private static readonly TimeSpan BusyTick = TimeSpan.FromMilliseconds(100);

    /// <summary>Otherwise replicas are compared this often.</summary>
    private static readonly TimeSpan IdleTick = TimeSpan.FromSeconds(1);

    private readonly KeyIndexLaneCore _core;
    private readonly Recipients _recipients;
    private readonly TimeProvider _time;
    private bool _tickingFast;

    private KeyIndexLane(KeyIndexLaneCore core, Recipients recipients, TimeProvider time)
    {
        _core = core;
        _recipients = recipients;
        _time = time;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to start a lane, once for a core: its name has to be <see cref="KeyIndexPaths.NameOf"/>.</summary>
    /// <param name="core">What decides. It outlives a failed step: what it knows cannot be asked for again cheaply.</param>
    /// <param name="recipients">Gives the tiers of this and other nodes, and through <see cref="Recipients.Others"/> the lanes of others.</param>
    /// <param name="time">What the core's times are taken from.</param>
    public static Props Props(KeyIndexLaneCore core, Recipients recipients, TimeProvider time) =>
        Actors.Props.Create(() => new KeyIndexLane(core, recipients, time));

    /// <inheritdoc/>
    protected override void PreStart() => ScheduleTick();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        var outbox = Recipients.StepOutbox;
        var now = _time.GetElapsedTime(0);
        switch (message)
        {
            case IKeyMessage key: _core.Handle(now, Sender, key, outbox); break;
            case IKeyLaneMessage told: _core.Handle(now, Sender, told, outbox); break;
            case Tick: _core.Tick(now, outbox); break;
            case ClusterState state: _core.OnClusterState(now, state, outbox); break;
            case ReportKeyIndex: outbox.Send(Sender, _core.Report); break;
            default: Unhandled(message); break;
        }

        Deliver(outbox);
        if (_core.NeedsTicksSoon != _tickingFast)
            ScheduleTick();
    }

    /// <summary>As <see cref="Recipients.Deliver"/>, but for lanes of other nodes. A node that has left is not reached.</summary>
    private void Deliver(Outbox outbox)
    {
        for (var i = 0; i < outbox.Effects.Count; i++)
        {
            var effect = outbox.Effects[i];
            var to = effect.To switch
            {
                IActorRef actor => actor,
                KeyLaneAddress lane => _recipients.Others?.Of(lane.Node, KeyIndexPaths.Of(lane.Lane)) ?? ActorRefs.Nobody,
                var receiver => _recipients[receiver],
            };
            to.Tell(effect.Message, effect.Sender as IActorRef ?? Self);
        }

        outbox.Clear();
    }

    private void ScheduleTick()
    {
        _tickingFast = _core.NeedsTicksSoon;
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _tickingFast ? BusyTick : IdleTick);
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}

/// <summary>Asks a lane what it holds. Reply: <see cref="KeyLaneReport"/>. May be repeated.</summary>
public sealed record ReportKeyIndex
{
    /// <summary>The one instance; it says nothing but its type.</summary>
    public static readonly ReportKeyIndex Instance = new();

    private ReportKeyIndex()
    {
    }
}
