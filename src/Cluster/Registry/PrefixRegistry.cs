using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Messages;
using Cascade.Core.Registry;

namespace Cascade.Cluster.Registry;

/// <summary>The actor of the prefix registry: feeds a <see cref="PrefixRegistryCore"/> and publishes its state to the node's replica.</summary>
/// <remarks>A change is in the replica before it is acknowledged, so that no eviction decided afterwards can overlook it.</remarks>
public sealed class PrefixRegistry : UntypedActor, IWithTimers
{
    private static readonly TimeSpan TickEvery = TimeSpan.FromMinutes(1);

    private readonly PrefixRegistryCore _core;
    private readonly RegistryReplica _replica;
    private readonly Recipients _recipients;
    private readonly TimeProvider _time;

    private PrefixRegistry(PrefixRegistryCore core, RegistryReplica replica, Recipients recipients, TimeProvider time)
    {
        _core = core;
        _replica = replica;
        _recipients = recipients;
        _time = time;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to start the registry.</summary>
    public static Props Props(RegistrySettings settings, RegistryReplica replica, Recipients recipients, TimeProvider time)
    {
        // The core outlives a failed step, as the replica does.
        var core = new PrefixRegistryCore(settings);
        return Actors.Props.Create(() => new PrefixRegistry(core, replica, recipients, time));
    }

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, TickEvery);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        var outbox = Recipients.StepOutbox;
        var now = _time.GetElapsedTime(0);
        switch (message)
        {
            case Tick:
                _core.Tick(now, outbox);
                break;
            case IRegistryMessage registration:
                _core.Handle(now, Sender, registration, outbox);
                break;
            case ProtectDone:
                // An owner has let go of a registration that the registry withdrew.
                break;
            default:
                Unhandled(message);
                break;
        }

        if (!ReferenceEquals(_core.State, _replica.State))
            _replica.Publish(_core.State);
        _recipients.Deliver(outbox, Self);
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
