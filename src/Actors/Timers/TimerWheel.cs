using System.Numerics;

namespace Cascade.Actors;

/// <summary>
/// All deadlines of a system behind one timer of its <see cref="TimeProvider"/>: arming and cancelling take constant time.
/// </summary>
/// <remarks>
/// A hierarchical timing wheel (Varghese and Lauck, 1987) of 64 slots a level and 1 ms a tick. A deadline is rounded up to
/// the tick: never early, and late by up to 1 ms. The timer is armed only while something is pending, and stays armed when
/// what it waits for is cancelled: cancelling is far more common (asks that are answered) than falling due.
/// </remarks>
internal sealed class TimerWheel : IDisposable
{
    private const int SlotBits = 6;
    private const int SlotsPerLevel = 1 << SlotBits;
    private const int Levels = 7;
    private const long DelayTicksMax = 1L << 40;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TimerEntry?[] _heads = new TimerEntry?[Levels * SlotsPerLevel];
    private readonly TimerEntry?[] _tails = new TimerEntry?[Levels * SlotsPerLevel];
    private readonly ulong[] _occupied = new ulong[Levels];
    private ITimer? _timer;
    private long _now;
    private long _armedFor = long.MaxValue;
    private int _pending;
    private bool _disposed;

    public TimerWheel(TimeProvider time)
    {
        _time = time;
        _start = time.GetTimestamp();
    }

    /// <summary>Arms an entry that is not armed.</summary>
    public void Schedule(TimerEntry entry, TimeSpan delay)
    {
        var now = _time.GetElapsedTime(_start);
        ScheduleAt(entry, RoundUp(now + (delay > TimeSpan.Zero ? delay : TimeSpan.Zero)), now);
    }

    /// <summary>Arms an entry that has just fired for one interval after its last deadline; rounds that are past are skipped.</summary>
    public void Repeat(TimerEntry entry, TimeSpan interval) =>
        ScheduleAt(entry, entry.DueTick + RoundUp(interval), _time.GetElapsedTime(_start));

    /// <summary>Disarms an entry; false when it was not armed, or is firing.</summary>
    public bool Cancel(TimerEntry entry)
    {
        lock (_lock)
        {
            if (entry.Slot < 0) return false;
            Remove(entry);
            _pending--;
            return true;
        }
    }

    /// <summary>Ends the wheel; what is still pending fires now, since nothing would end its wait later.</summary>
    public void Dispose()
    {
        TimerEntry? left;
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
            _timer?.Dispose();
            left = TakeDue(long.MaxValue >> SlotBits);
        }

        FireAll(left);
    }

    private void ScheduleAt(TimerEntry entry, long dueTick, TimeSpan now)
    {
        lock (_lock)
        {
            if (_disposed) return;
            // An empty wheel is brought up to date for nothing; a busy one is by its timer.
            if (_pending == 0) _now = Math.Max(_now, now.Ticks / TimeSpan.TicksPerMillisecond);
            entry.DueTick = Math.Clamp(dueTick, _now + 1, _now + DelayTicksMax);
            Insert(entry);
            _pending++;
            if (entry.DueTick < _armedFor) Arm(entry.DueTick);
        }
    }

    private static long RoundUp(TimeSpan span) => (span.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;

    private void Insert(TimerEntry entry)
    {
        // The highest bit in which the deadline differs from now tells the level: below it the slots say the exact time.
        var differing = (ulong)(entry.DueTick ^ _now) | (SlotsPerLevel - 1);
        var level = BitOperations.Log2(differing) / SlotBits;
        var slotOfLevel = (int)(entry.DueTick >> (level * SlotBits)) & (SlotsPerLevel - 1);
        var slot = (level * SlotsPerLevel) + slotOfLevel;
        var tail = _tails[slot];
        entry.Slot = slot;
        entry.Previous = tail;
        if (tail is null) _heads[slot] = entry;
        else tail.Next = entry;
        _tails[slot] = entry;
        _occupied[level] |= 1UL << slotOfLevel;
    }

    private void Remove(TimerEntry entry)
    {
        var slot = entry.Slot;
        if (entry.Previous is null) _heads[slot] = entry.Next;
        else entry.Previous.Next = entry.Next;
        if (entry.Next is null) _tails[slot] = entry.Previous;
        else entry.Next.Previous = entry.Previous;
        if (_heads[slot] is null) _occupied[slot / SlotsPerLevel] &= ~(1UL << (slot % SlotsPerLevel));
        entry.Next = entry.Previous = null;
        entry.Slot = -1;
    }

    private void Arm(long tick)
    {
        _armedFor = tick;
        var delay = TimeSpan.FromTicks(tick * TimeSpan.TicksPerMillisecond) - _time.GetElapsedTime(_start);
        if (delay < TimeSpan.Zero) delay = TimeSpan.Zero;
        // The runtime's timers count whole milliseconds and would cut a fraction off, firing early for nothing.
        if (ReferenceEquals(_time, TimeProvider.System)) delay = TimeSpan.FromTicks(RoundUp(delay) * TimeSpan.TicksPerMillisecond);
        if (_timer is null)
        {
            using (ExecutionContext.SuppressFlow())
                _timer = _time.CreateTimer(static wheel => ((TimerWheel)wheel!).OnTimer(), this, delay, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _timer.Change(delay, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        TimerEntry? due;
        lock (_lock)
        {
            if (_disposed) return;
            due = TakeDue(_time.GetElapsedTime(_start).Ticks / TimeSpan.TicksPerMillisecond);
            _armedFor = long.MaxValue;
            if (NextSlot(out var tick, out _)) Arm(tick);
        }

        FireAll(due);
    }

    private static void FireAll(TimerEntry? due)
    {
        while (due is not null)
        {
            var entry = due;
            due = due.Next;
            entry.Next = null;
            entry.Fire();
        }
    }

    /// <summary>Moves the wheel on and returns what fell due by then, linked in order of deadline.</summary>
    private TimerEntry? TakeDue(long tick)
    {
        TimerEntry? first = null, last = null;
        while (NextSlot(out var slotTick, out var slot) && slotTick <= tick)
        {
            _now = Math.Max(_now, slotTick);
            for (var entry = _heads[slot]; entry is not null; entry = _heads[slot])
            {
                Remove(entry);
                if (entry.DueTick > _now)
                {
                    Insert(entry);
                    continue;
                }

                _pending--;
                if (last is null) first = entry;
                else last.Next = entry;
                last = entry;
            }
        }

        _now = Math.Max(_now, tick);
        return first;
    }

    /// <summary>The occupied slot that begins first: the lowest occupied level has it.</summary>
    private bool NextSlot(out long tick, out int slot)
    {
        for (var level = 0; level < Levels; level++)
        {
            if (_occupied[level] == 0) continue;
            var slotOfLevel = BitOperations.TrailingZeroCount(_occupied[level]);
            var shift = level * SlotBits;
            tick = ((_now >> (shift + SlotBits)) << (shift + SlotBits)) | ((long)slotOfLevel << shift);
            slot = (level * SlotsPerLevel) + slotOfLevel;
            return true;
        }

        (tick, slot) = (0, -1);
        return false;
    }
}
