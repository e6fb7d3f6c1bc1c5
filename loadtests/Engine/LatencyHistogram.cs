using System.Numerics;

namespace Cascade.LoadTests.Engine;

/// <summary>
/// Counts durations in log-linear buckets: each power of two is cut into 128 equal parts, so that a percentile is at most 1/128
/// too high. 37 KiB whatever is recorded. Recording is lock-free; all members are thread-safe.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int PartBits = 7;
    private const int Parts = 1 << PartBits;

    /// <summary>The longest duration told apart from longer ones: 2^43 ns, about two and a half hours.</summary>
    private const int RangeBits = 43;

    private readonly long[] _buckets = new long[BucketCount];
    private long _max;

    /// <summary>Buckets that there are.</summary>
    public static int BucketCount => Parts + ((RangeBits - PartBits) * Parts);

    /// <summary>Counts one duration; a negative one (a clock that went back) counts as zero.</summary>
    public void Record(long nanoseconds)
    {
        nanoseconds = Math.Clamp(nanoseconds, 0, (1L << RangeBits) - 1);
        Interlocked.Increment(ref _buckets[BucketOf(nanoseconds)]);
        for (var max = Volatile.Read(ref _max); nanoseconds > max;)
        {
            var seen = Interlocked.CompareExchange(ref _max, nanoseconds, max);
            if (seen == max)
                break;
            max = seen;
        }
    }

    /// <summary>What was recorded until now. What is recorded meanwhile may be in it or not.</summary>
    public HistogramSnapshot Snapshot()
    {
        var counts = new long[BucketCount];
        for (var i = 0; i < counts.Length; i++)
            counts[i] = Volatile.Read(ref _buckets[i]);
        return new HistogramSnapshot(counts, Volatile.Read(ref _max));
    }

    /// <summary>The bucket that counts a duration.</summary>
    public static int BucketOf(long nanoseconds)
    {
        if (nanoseconds < Parts)
            return (int)nanoseconds;
        var shift = BitOperations.Log2((ulong)nanoseconds) - PartBits;
        return (shift * Parts) + (int)(nanoseconds >> shift);
    }

    /// <summary>The longest duration that a bucket counts, in nanoseconds.</summary>
    public static long LastValueOf(int bucket)
    {
        if (bucket < Parts)
            return bucket;
        var shift = (bucket / Parts) - 1;
        return ((bucket - (shift * Parts) + 1L) << shift) - 1;
    }
}
