namespace Cascade.LoadTests.Engine;

/// <summary>What a histogram held at one moment. Immutable.</summary>
internal sealed class HistogramSnapshot
{
    /// <summary>Nothing recorded.</summary>
    public static readonly HistogramSnapshot Empty = new(new long[LatencyHistogram.BucketCount], 0);

    private readonly long[] _counts;

    /// <summary>Takes the counts over.</summary>
    public HistogramSnapshot(long[] counts, long maxNanoseconds)
    {
        _counts = counts;
        MaxNanoseconds = maxNanoseconds;
        Count = counts.Sum();
    }

    /// <summary>Durations recorded.</summary>
    public long Count { get; }

    /// <summary>The longest one, in nanoseconds; of a difference at most 1/128 too high.</summary>
    public long MaxNanoseconds { get; }

    /// <summary>The duration, in nanoseconds, that this share of all do not exceed; 0 when nothing was recorded.</summary>
    /// <param name="perTenThousand">1 to 10,000: 9,990 for the 99.9th percentile.</param>
    public long Percentile(int perTenThousand)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perTenThousand, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(perTenThousand, 10_000);
        if (Count == 0)
            return 0;
        var wanted = (long)(((Int128)Count * perTenThousand + 9_999) / 10_000);
        long seen = 0;
        for (var bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= wanted)
                return Math.Min(LatencyHistogram.LastValueOf(bucket), MaxNanoseconds);
        }

        return MaxNanoseconds;
    }

    /// <summary>What was recorded since an earlier snapshot of the same histogram.</summary>
    public HistogramSnapshot Since(HistogramSnapshot earlier)
    {
        var counts = new long[_counts.Length];
        var last = -1;
        for (var bucket = 0; bucket < counts.Length; bucket++)
        {
            counts[bucket] = _counts[bucket] - earlier._counts[bucket];
            if (counts[bucket] > 0)
                last = bucket;
        }

        return new HistogramSnapshot(counts, last < 0 ? 0 : Math.Min(LatencyHistogram.LastValueOf(last), MaxNanoseconds));
    }

    /// <summary>The counts in coarse buckets that double every <paramref name="partsPerDoubling"/> of them, without empty ends.</summary>
    public IReadOnlyList<(long UpToNanoseconds, long Count)> Coarse(int partsPerDoubling)
    {
        var bars = new List<(long UpTo, long Count)>();
        var upTo = 1_000.0;
        var growth = Math.Pow(2, 1.0 / partsPerDoubling);
        long count = 0;
        for (var bucket = 0; bucket < _counts.Length; bucket++)
        {
            while (LatencyHistogram.LastValueOf(bucket) > upTo)
            {
                if (count > 0 || bars.Count > 0)
                    bars.Add(((long)upTo, count));
                count = 0;
                upTo *= growth;
            }

            count += _counts[bucket];
        }

        if (count > 0)
            bars.Add(((long)upTo, count));
        while (bars.Count > 0 && bars[^1].Count == 0)
            bars.RemoveAt(bars.Count - 1);
        return bars;
    }
}
