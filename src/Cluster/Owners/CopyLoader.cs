using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Ownership;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;

namespace Cascade.Cluster.Owners;

/// <summary>The actor that fills a node's directory of copies: feeds a <see cref="CopyLoaderCore"/> and carries out what it decides.</summary>
/// <remarks>
/// To be started as <see cref="Path"/>, to be known as <see cref="CopyPort.Loader"/>, and to be subscribed to the cluster's state; the region of block owners has it load
/// its shards. A failed step is reported, and the actor goes on with the next message.
/// </remarks>
public sealed class CopyLoader : UntypedActor, IWithTimers
{
    /// <summary>Its path on every node.</summary>
    public const string Path = "/user/copy-loader";

    private static readonly TimeSpan TickPeriod = TimeSpan.FromMilliseconds(200);

    private readonly CopyLoaderCore _core;
    private readonly Recipients _recipients;
    private readonly LiveOwners _live;
    private readonly TimeProvider _time;

    private CopyLoader(CopyLoaderCore core, Recipients recipients, LiveOwners live, TimeProvider time)
    {
        _core = core;
        _recipients = recipients;
        _live = live;
        _time = time;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to start the actor.</summary>
    /// <param name="view">What is known of the cluster.</param>
    /// <param name="directory">What it fills.</param>
    /// <param name="recipients">Knows this node's <see cref="CopyPort.Reporter"/> and, unless it is alone, other nodes.</param>
    /// <param name="live">The owners that are alive: see <see cref="OwnerContext.Live"/>.</param>
    /// <param name="time">The node's time.</param>
    public static Props Props(ClusterView view, CopyDirectory directory, Recipients recipients, LiveOwners live, TimeProvider time)
    {
        var core = new CopyLoaderCore(view, directory, node => CopyPort.Reporter.Of(node, view.Self, recipients));
        return Actors.Props.Create(() => new CopyLoader(core, recipients, live, time));
    }

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, TickPeriod);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        var outbox = Recipients.StepOutbox;
        var now = _time.GetElapsedTime(0);
        if (message is Tick)
            _core.Tick(now, outbox);
        else if (!_core.Handle(now, Sender, message, outbox))
            Unhandled(message);
        Deliver(outbox);
    }

    private void Deliver(Outbox outbox)
    {
        for (var i = 0; i < outbox.Effects.Count; i++)
        {
            var (to, message) = outbox.Effects[i];
            if (ReferenceEquals(to, CopyLoaderCore.LiveOwners))
                _live.Tell(message, Self);
            else
                (to as IActorRef ?? _recipients[to]).Tell(message, Self);
        }

        outbox.Clear();
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
