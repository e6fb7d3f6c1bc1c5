using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Registry;
using Cascade.Core.Sharding;

namespace Cascade.Cluster.Registry;

/// <summary>
/// The actor of a node's part in the prefix registry: feeds a <see cref="RegistryNodeCore"/>, carries its messages to other nodes and publishes its state to the
/// node's replica.
/// </summary>
/// <remarks>
/// A change is in the replica before it is acknowledged, so that no eviction decided afterwards can overlook it. On a node that is not alone it has to be told
/// of each <see cref="ClusterState"/>. A step that fails leaves the core as it is: the next message or tick goes on from there.
/// </remarks>
public sealed class PrefixRegistry : UntypedActor, IWithTimers
{
    private readonly RegistryNodeCore _core;
    private readonly RegistryReplica _replica;
    private readonly Recipients _recipients;
    private readonly TimeProvider _time;
    private TimeSpan? _armed;

    private PrefixRegistry(RegistryNodeCore core, RegistryReplica replica, Recipients recipients, TimeProvider time)
    {
        _core = core;
        _replica = replica;
        _recipients = recipients;
        _time = time;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to start the actor, once for a replica, under the name of <see cref="NodePaths.Registry"/>.</summary>
    /// <param name="settings">Limits and waits.</param>
    /// <param name="replica">Where to publish what is registered.</param>
    /// <param name="recipients">Who the owners of blocks are, and where other nodes are; a node without others is alone and serves at once.</param>
    /// <param name="time">What the core's times are taken from.</param>
    public static Props Props(RegistrySettings settings, RegistryReplica replica, Recipients recipients, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(recipients);
        // The core outlives a failed step, as the replica does.
        var core = new RegistryNodeCore(settings, recipients.Others?.Self);
        return Actors.Props.Create(() => new PrefixRegistry(core, replica, recipients, time));
    }

    /// <summary>
    /// A ref to whichever node's actor is the cluster's registry, for <see cref="IRegistryMessage"/>s. While no node is, and while the one that is does not yet
    /// know it, the answer is <see cref="Moved"/>.
    /// </summary>
    /// <param name="system">The system it belongs to.</param>
    /// <param name="local">This node's own actor.</param>
    /// <param name="others">The actors of other nodes, and what is known of the cluster.</param>
    public static IActorRef Routed(ActorSystem system, IActorRef local, NodeRefs others)
    {
        ArgumentNullException.ThrowIfNull(others);
        return new RoutedRef(system, "prefix-registry", message =>
            message is not IRegistryMessage || others.View.Current.Shards.SingletonOf(RegistryNodeCore.SingletonName) is not { } node ? null
            : node == others.Self ? local
            : others.Of(node, NodePaths.Registry));
    }

    /// <inheritdoc/>
    protected override void PreStart() => Step(static (core, now, outbox) => core.Tick(now, outbox));

    /// <summary>A step failed; its timer went with the instance.</summary>
    protected override void PostRestart(Exception reason) => PreStart();

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TickDue:
                _armed = null;
                Step(static (core, now, outbox) => core.Tick(now, outbox));
                break;
            case IRegistryMessage or ClusterState or RegistryPart or RegistryTaken or RegistryQuery or RegistryStatePart or RegistryDigest:
                Step((core, now, outbox) => core.Handle(now, Sender, message, outbox));
                break;
            case ProtectDone or Moved:
                // An owner has let go of a registration that was withdrawn, or is not to be found: it learns of it when it asks.
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Step(Action<RegistryNodeCore, TimeSpan, Outbox> step)
    {
        var outbox = Recipients.StepOutbox;
        step(_core, _time.GetElapsedTime(0), outbox);
        if (!ReferenceEquals(_core.State, _replica.State))
            _replica.Publish(_core.State);
        foreach (var (to, message) in outbox.Effects)
        {
            var receiver = to is NodeId node ? _recipients.Others?.Of(node, NodePaths.Registry) : to as IActorRef ?? _recipients[to];
            receiver?.Tell(message, Self);
        }

        outbox.Clear();
        ArmTimer();
    }

    /// <summary>A timer that is due too early costs a look; one is kept rather than re-armed at every step.</summary>
    private void ArmTimer()
    {
        if (_core.NextDeadline is not { } next || _armed <= next)
            return;
        _armed = next;
        var now = _time.GetElapsedTime(0);
        Timers.StartSingleTimer(TickDue.Instance, TickDue.Instance, next > now ? next - now : TimeSpan.Zero);
    }

    private sealed class TickDue
    {
        public static readonly TickDue Instance = new();
    }
}
