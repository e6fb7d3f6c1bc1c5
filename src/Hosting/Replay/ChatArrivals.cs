namespace Cascade.Hosting.Replay;

/// <summary>When conversations start: at random, at a rate that is itself drawn anew each period.</summary>
/// <remarks>
/// The rate of a period has a gamma distribution about its mean, so that there are bursts and lulls (a Cox process; the number of
/// starts in a period is negative binomial). Whole numbers throughout, so that all machines draw the same.
/// </remarks>
internal sealed class ChatArrivals(ChatWorkloadSettings settings)
{
    private const int UnitBits = 32;
    private const ulong Unit = 1UL << UnitBits;
    private const ulong MsPerHour = 3_600_000;

    private long _periodEndMs;
    private ulong _startsPerMs;
    private ulong _pastUnit;
    private long _nowMs;

    /// <summary>The time of the next start, in milliseconds from the beginning; never before the last one.</summary>
    public long Next(ref SplitMix64 random)
    {
        // A start is due when the rate, summed over time, has reached the drawn number. What exceeds a millisecond is left for the next.
        var due = Exponential(ref random);
        while (true)
        {
            if (_nowMs == _periodEndMs)
                BeginPeriod(ref random);
            var ms = Math.Min((long)((due + _startsPerMs - 1 - Math.Min(due, _pastUnit)) / _startsPerMs), _periodEndMs - _nowMs);
            var sum = _pastUnit + ((ulong)ms * _startsPerMs);
            _nowMs += ms;
            if (sum >= due)
            {
                _pastUnit = sum - due;
                return _nowMs;
            }
            due -= sum;
            _pastUnit = 0;
        }
    }

    /// <summary>
    /// From an exponential distribution of mean 1, by comparisons alone (von Neumann, "Various techniques used in connection with
    /// random digits", 1951).
    /// </summary>
    private static ulong Exponential(ref SplitMix64 random)
    {
        for (ulong whole = 0; ; whole += Unit)
        {
            var first = random.Next();
            var last = first;
            var length = 1;
            for (var next = random.Next(); next < last; next = random.Next())
            {
                last = next;
                length++;
            }
            if (length % 2 == 1)
                return whole + (first >> UnitBits);
        }
    }

    private void BeginPeriod(ref SplitMix64 random)
    {
        _periodEndMs += (long)settings.RatePeriod.TotalMilliseconds;
        UInt128 sum = 0;
        for (var i = 0; i < settings.RateShape; i++)
            sum += Exponential(ref random);
        _startsPerMs = Math.Max(1, (ulong)(sum * (ulong)settings.StartsPerHour / ((ulong)settings.RateShape * MsPerHour)));
    }
}
