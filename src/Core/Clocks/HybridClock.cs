namespace Cascade.Core.Clocks;

/// <summary>
/// Gives hybrid logical timestamps: each later than the one before and than every one observed, and close to physical time.
/// </summary>
/// <remarks>
/// Kulkarni, Demirbas et al., "Logical Physical Clocks", OPODIS 2014. Physical time is passed in; when it stands still or jumps
/// back the counter goes on, and carries into the milliseconds after 65,536 stamps. Thread-safe and lock-free.
/// </remarks>
public sealed class HybridClock
{
    private readonly long _maxDriftMilliseconds;
    private ulong _last;

    /// <summary>Starts a clock.</summary>
    /// <param name="maxDrift">How far a remote stamp may be ahead of physical time: a node whose clock is wrong by more is not
    /// believed.</param>
    /// <param name="start">Stamps are later than this one, for example the last that was given before a restart.</param>
    public HybridClock(TimeSpan maxDrift, HybridTimestamp start = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDrift, TimeSpan.Zero);
        _maxDriftMilliseconds = (long)Math.Min(maxDrift.TotalMilliseconds, MaxMilliseconds);
        _last = start.Value;
    }

    /// <summary>The last stamp that was given or observed.</summary>
    public HybridTimestamp Last => new(Volatile.Read(ref _last));

    private static long MaxMilliseconds => (1L << (64 - HybridTimestamp.CounterBits)) - 1;

    /// <summary>A stamp later than all before.</summary>
    /// <param name="unixMilliseconds">Physical time: milliseconds since the Unix epoch, 0 to 2^48-1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is outside its range.</exception>
    public HybridTimestamp Next(long unixMilliseconds)
    {
        var physical = Physical(unixMilliseconds);
        var last = Volatile.Read(ref _last);
        while (true)
        {
            var next = Math.Max(physical, last + 1);
            var seen = Interlocked.CompareExchange(ref _last, next, last);
            if (seen == last)
                return new HybridTimestamp(next);
            last = seen;
        }
    }

    /// <summary>Takes note of a stamp of another node: what is given from now on is later.</summary>
    /// <returns>False, and nothing is noted, when the stamp is further ahead of physical time than the drift allows.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is outside its range.</exception>
    public bool Observe(HybridTimestamp remote, long unixMilliseconds)
    {
        _ = Physical(unixMilliseconds);
        if (remote.UnixTimeMilliseconds - unixMilliseconds > _maxDriftMilliseconds)
            return false;
        var last = Volatile.Read(ref _last);
        while (last < remote.Value)
        {
            var seen = Interlocked.CompareExchange(ref _last, remote.Value, last);
            if (seen == last)
                break;
            last = seen;
        }
        return true;
    }

    private static ulong Physical(long unixMilliseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(unixMilliseconds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(unixMilliseconds, MaxMilliseconds);
        return (ulong)unixMilliseconds << HybridTimestamp.CounterBits;
    }
}
