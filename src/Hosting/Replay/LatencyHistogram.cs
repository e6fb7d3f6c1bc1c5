using System.Numerics;

namespace Cascade.Hosting.Replay;

/// <summary>
/// Counts durations in log-linear buckets: each power of two is cut into 128 equal parts, so a percentile is at most 1/128 too
/// high over the whole range, in 57 KiB whatever is recorded. One writer at a time.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int PartBits = 7;
    private const int Parts = 1 << PartBits;

    /// <summary>Values below 128 have a bucket each; every one of the 56 powers of two above has 128.</summary>
    private readonly long[] _buckets = new long[Parts + ((63 - PartBits) * Parts)];

    /// <summary>Durations recorded.</summary>
    public long Count { get; private set; }

    /// <summary>The longest one, in nanoseconds.</summary>
    public long MaxNanoseconds { get; private set; }

    /// <summary>Counts one duration; a negative one (a clock that went back) counts as zero.</summary>
    public void Record(long nanoseconds)
    {
        nanoseconds = Math.Max(0, nanoseconds);
        _buckets[BucketOf(nanoseconds)]++;
        MaxNanoseconds = Math.Max(MaxNanoseconds, nanoseconds);
        Count++;
    }

    /// <summary>The duration, in nanoseconds, that this fraction of all do not exceed; 0 when nothing was recorded.</summary>
    /// <param name="fraction">Above 0, at most 1; 0.99 for the 99th percentile.</param>
    public long Percentile(double fraction)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(fraction);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fraction, 1);
        var wanted = Math.Max(1, (long)Math.Ceiling(fraction * Count));
        long seen = 0;
        for (var bucket = 0; bucket < _buckets.Length; bucket++)
        {
            seen += _buckets[bucket];
            if (seen >= wanted)
                return Math.Min(LastValueOf(bucket), MaxNanoseconds);
        }

        return MaxNanoseconds;
    }

    private static int BucketOf(long value)
    {
        if (value < Parts)
            return (int)value;
        var shift = BitOperations.Log2((ulong)value) - PartBits;
        return (shift * Parts) + (int)(value >> shift);
    }

    private static long LastValueOf(int bucket)
    {
        if (bucket < Parts)
            return bucket;
        var shift = (bucket / Parts) - 1;
        return ((bucket - (shift * Parts) + 1L) << shift) - 1;
    }
}
