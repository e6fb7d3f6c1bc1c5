using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Identity;
using Cascade.Core.Ownership;
using Cascade.Core.Sharding;

namespace Cascade.Cluster.Owners;

/// <summary>The actor that has a node's tiers tell what they hold: feeds a <see cref="CopyReporterCore"/> and carries out what it decides.</summary>
/// <remarks>
/// To be started as <see cref="Path"/>, to be known as <see cref="CopyPort.Reporter"/>, and to be subscribed to the cluster's state, on every node that stores. A failed
/// step is reported, and the actor goes on with the next message.
/// </remarks>
public sealed class CopyReporter : UntypedActor, IWithTimers
{
    /// <summary>Its path on every node.</summary>
    public const string Path = "/user/copy-reporter";

    private static readonly TimeSpan TickPeriod = TimeSpan.FromSeconds(1);

    private readonly CopyReporterCore _core;
    private readonly Recipients _recipients;

    private CopyReporter(CopyReporterCore core, Recipients recipients)
    {
        _core = core;
        _recipients = recipients;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to start the actor.</summary>
    /// <param name="view">What is known of the cluster.</param>
    /// <param name="tiers">The tiers that the node has.</param>
    /// <param name="recipients">Knows this node's tiers and <see cref="CopyPort.Loader"/> and, unless it is alone, other nodes.</param>
    public static Props Props(ClusterView view, IReadOnlyCollection<TierKind> tiers, Recipients recipients)
    {
        var core = new CopyReporterCore(view, tiers, node => CopyPort.Loader.Of(node, view.Self, recipients));
        return Actors.Props.Create(() => new CopyReporter(core, recipients));
    }

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, TickPeriod);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        var outbox = Recipients.StepOutbox;
        if (message is Tick)
            _core.Tick(outbox);
        else if (!_core.Handle(Sender, message, outbox))
            Unhandled(message);
        _recipients.Deliver(outbox, Self);
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
