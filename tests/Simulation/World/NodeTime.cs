using Cascade.Actors.Simulation;

namespace Cascade.Simulation.World;

/// <summary>The clock of one life of a node: the world's, set wrong by some time and running wrong by some millionths. Its timers end with the life.</summary>
internal sealed class NodeTime(VirtualTimeProvider world, NodeTurns turns, int driftPerMillion, TimeSpan offset) : TimeProvider
{
    private const long Million = 1_000_000;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp()
    {
        var ticks = world.Elapsed.Ticks;
        return ticks + (ticks / Million * driftPerMillion);
    }

    public override DateTimeOffset GetUtcNow() => world.GetUtcNow().AddTicks(GetTimestamp() - world.Elapsed.Ticks) + offset;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var inner = world.CreateTimer(
            given =>
            {
                if (!turns.IsOver)
                    callback(given);
            }, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var timer = new Timer(this, inner);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>How long the world takes for a span of this clock, rounded up, so that nothing fires early.</summary>
    private TimeSpan InWorld(TimeSpan span)
    {
        if (span <= TimeSpan.Zero)
            return span;
        var ticks = span.Ticks;
        var scaled = ticks - (ticks / Million * driftPerMillion) + (ticks / Million * driftPerMillion / Million * driftPerMillion);
        return TimeSpan.FromTicks(driftPerMillion == 0 ? ticks : scaled + (Million / 100));
    }

    private sealed class Timer(NodeTime time, ITimer inner) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => inner.Change(time.InWorld(dueTime), time.InWorld(period));

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
