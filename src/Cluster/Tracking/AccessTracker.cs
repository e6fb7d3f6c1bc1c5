using Cascade.Actors;
using Cascade.Core.Messages;
using Cascade.Core.Tracking;

namespace Cascade.Cluster.Tracking;

/// <summary>The actor that knows how often this node reads which block: drains the log that readers write into.</summary>
public sealed class AccessTracker : UntypedActor, IWithTimers
{
    /// <summary>How often the log is drained. A log of 16,384 then takes up to 81,920 reads a second in full, and a sample of more.</summary>
    private static readonly TimeSpan DrainEvery = TimeSpan.FromMilliseconds(200);

    private readonly AccessTrackerCore _core;
    private readonly AccessLog _log;

    private AccessTracker(AccessTrackerCore core, AccessLog log)
    {
        _core = core;
        _log = log;
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to start the tracker.</summary>
    public static Props Props(AccessTrackerSettings settings, AccessLog log)
    {
        var core = new AccessTrackerCore(settings);
        return Actors.Props.Create(() => new AccessTracker(core, log));
    }

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(Drain.Instance, Drain.Instance, DrainEvery);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Drain:
                _core.Drain(_log);
                break;
            case EstimateFrequency estimate:
                _core.Drain(_log);
                Sender.Tell(new FrequencyEstimate(estimate.Id, _core.Estimate(estimate.Id.Prefix64)), Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private sealed class Drain
    {
        public static readonly Drain Instance = new();
    }
}
