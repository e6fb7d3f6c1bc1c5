namespace Cascade.Actors.Simulation;

/// <summary>Time that moves only when told to, and fires its timers in order of deadline, then of arming. For one thread.</summary>
public sealed class VirtualTimeProvider : TimeProvider
{
    private readonly PriorityQueue<VirtualTimer, (long Due, long Sequence)> _timers = new();
    private readonly long _start;
    private long _now;
    private long _sequence;

    /// <summary>Starts at 2000-01-01T00:00:00Z.</summary>
    public VirtualTimeProvider()
        : this(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Starts at <paramref name="start"/>.</summary>
    public VirtualTimeProvider(DateTimeOffset start) => _start = start.UtcTicks;

    /// <summary>Time passed since the start.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(_now);

    /// <summary>How long until the next timer is due; null when none is armed.</summary>
    public TimeSpan? UntilNextTimer => SkipStale() ? TimeSpan.FromTicks(Math.Max(0, _timers.Peek().Due - _now)) : null;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long GetTimestamp() => _now;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => new(_start + _now, TimeSpan.Zero);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves time on, firing each timer that falls due at its own moment.</summary>
    public void Advance(TimeSpan span)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero);
        var target = _now + span.Ticks;
        while (FireNext(target))
        {
        }

        _now = target;
    }

    /// <summary>Moves time on to the next timer and fires it, unless it is later than <paramref name="span"/> from now; false then.</summary>
    public bool FireNextWithin(TimeSpan span) => FireNext(_now + span.Ticks);

    private bool FireNext(long target)
    {
        if (!SkipStale() || _timers.Peek().Due > target) return false;
        var timer = _timers.Dequeue();
        _now = Math.Max(_now, timer.Due);
        timer.Fire();
        return true;
    }

    private bool SkipStale()
    {
        while (_timers.TryPeek(out var timer, out var key))
        {
            if (timer.IsArmedAs(key.Sequence)) return true;
            _timers.Dequeue();
        }

        return false;
    }

    private sealed class VirtualTimer(VirtualTimeProvider time, TimerCallback callback, object? state) : ITimer
    {
        private long _armedAs = -1;
        private long _period;
        private bool _disposed;

        public long Due { get; private set; }

        public bool IsArmedAs(long sequence) => _armedAs == sequence;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_disposed) return false;
            _armedAs = -1;
            _period = period > TimeSpan.Zero ? period.Ticks : 0;
            if (dueTime != Timeout.InfiniteTimeSpan) Arm(time._now + dueTime.Ticks);
            return true;
        }

        public void Fire()
        {
            _armedAs = -1;
            if (_period > 0) Arm(Due + _period);
            callback(state);
        }

        public void Dispose()
        {
            _disposed = true;
            _armedAs = -1;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Arm(long due)
        {
            Due = due;
            _armedAs = time._sequence++;
            time._timers.Enqueue(this, (due, _armedAs));
        }
    }
}
