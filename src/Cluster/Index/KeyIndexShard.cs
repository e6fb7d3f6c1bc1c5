using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Indices;
using Cascade.Core.Messages;

namespace Cascade.Cluster.Index;

/// <summary>The actor of one key-index shard: feeds a <see cref="KeyIndexCore"/> and carries out what it decides.</summary>
public sealed class KeyIndexShard : UntypedActor, IWithTimers
{
    /// <summary>Name of the key index's shard region.</summary>
    public const string RegionName = "key-index";

    /// <summary>How often tombstones are aged.</summary>
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(60);

    private readonly KeyIndexCore _core;
    private readonly Recipients _recipients;
    private readonly TimeProvider _time;

    private KeyIndexShard(KeyIndexCore core, Recipients recipients, TimeProvider time)
    {
        _core = core;
        _recipients = recipients;
        _time = time;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to start a shard.</summary>
    public static Props Props(KeyIndexSettings settings, Recipients recipients, TimeProvider time)
    {
        // The core outlives a failed step: what it knows cannot be asked for again cheaply.
        var core = new KeyIndexCore(settings);
        return Actors.Props.Create(() => new KeyIndexShard(core, recipients, time));
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
            case IKeyMessage key:
                _core.Handle(now, Sender, key, outbox);
                break;
            default:
                Unhandled(message);
                break;
        }

        _recipients.Deliver(outbox, Self);
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
