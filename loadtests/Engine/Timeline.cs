namespace Cascade.LoadTests.Engine;

/// <summary>A step's figures in one interval of the load.</summary>
/// <param name="Step">Name of the step.</param>
/// <param name="AtSeconds">End of the interval, from the start of the measured load.</param>
/// <param name="OverSeconds">Length of the interval.</param>
/// <param name="Latency">Times of good answers within it.</param>
/// <param name="Bytes">Bytes moved within it.</param>
/// <param name="Errors">Errors within it.</param>
internal sealed record TimelinePoint(string Step, double AtSeconds, double OverSeconds, HistogramSummary Latency, long Bytes, long Errors);

/// <summary>The percentiles that are shown, in nanoseconds.</summary>
internal sealed record HistogramSummary(long Count, long P50, long P75, long P95, long P99, long P999, long Max)
{
    /// <summary>Takes them from a histogram.</summary>
    public static HistogramSummary Of(HistogramSnapshot histogram) => new(
        histogram.Count, histogram.Percentile(5_000), histogram.Percentile(7_500), histogram.Percentile(9_500), histogram.Percentile(9_900),
        histogram.Percentile(9_990), histogram.MaxNanoseconds);
}

/// <summary>Takes the figures of all steps at equal intervals. For one use.</summary>
internal sealed class Timeline(ScenarioStats stats, Pace pace, TimeSpan duration, Action<IReadOnlyList<TimelinePoint>, long>? onInterval)
{
    /// <summary>A plot has no room for more points.</summary>
    private const int PointsMax = 600;

    private readonly Dictionary<string, StepSnapshot> _last = [];

    /// <summary>What was taken so far, in order of time.</summary>
    public List<TimelinePoint> Points { get; } = [];

    /// <summary>Length of an interval: a second, more for loads of over ten minutes.</summary>
    public TimeSpan Interval { get; } = TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(duration.TotalSeconds / PointsMax)));

    /// <summary>Takes figures until the load or the token ends it.</summary>
    public async Task RunAsync(LoadPhase phase, CancellationToken stop)
    {
        var before = TimeSpan.Zero;
        while (before < duration)
        {
            var at = before + Interval < duration ? before + Interval : duration;
            await pace.ByTimerAsync(phase.TimestampOf(at), stop);
            if (stop.IsCancellationRequested)
                return;
            Take(at, at - before);
            before = at;
        }
    }

    private void Take(TimeSpan at, TimeSpan over)
    {
        var points = new List<TimelinePoint>();
        foreach (var step in stats.Steps.Append(stats.Whole))
        {
            var now = step.Snapshot();
            var last = _last.GetValueOrDefault(step.Name) ?? StepSnapshot.Nothing(step.Name);
            var latency = HistogramSummary.Of(now.Latency.Since(last.Latency));
            points.Add(new TimelinePoint(step.Name, at.TotalSeconds, over.TotalSeconds, latency, now.Bytes - last.Bytes, now.Errors - last.Errors));
            _last[step.Name] = now;
        }

        Points.AddRange(points);
        onInterval?.Invoke(points, stats.WrongBytes);
    }
}
