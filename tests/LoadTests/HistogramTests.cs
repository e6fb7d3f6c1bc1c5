using Cascade.LoadTests.Engine;

namespace Cascade.LoadTests.Tests;

public sealed class HistogramTests
{
    private static readonly int[] Percentiles = [1, 5_000, 7_500, 9_500, 9_900, 9_990, 10_000];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Percentile_is_the_exact_one_or_at_most_one_percent_above_it(int seed)
    {
        var random = new Random(seed);
        var histogram = new LatencyHistogram();

        // Orders of magnitude are as likely as each other, as in latencies.
        var values = Enumerable.Range(0, 20_000).Select(_ => (long)Math.Exp(random.NextDouble() * Math.Log(1e12))).ToArray();
        foreach (var value in values)
            histogram.Record(value);
        Array.Sort(values);
        var snapshot = histogram.Snapshot();
        Assert.Equal(values.Length, snapshot.Count);
        Assert.Equal(values[^1], snapshot.MaxNanoseconds);
        foreach (var percentile in Percentiles)
        {
            var exact = values[Math.Max(0, ((int)Math.Ceiling(values.Length * (percentile / 10_000m))) - 1)];
            Assert.InRange(snapshot.Percentile(percentile), exact, (long)(exact * 1.01));
        }
    }

    [Fact]
    public void Percentile_of_small_values_is_exact()
    {
        var histogram = new LatencyHistogram();
        for (var value = 100; value >= 1; value--)
            histogram.Record(value);
        var snapshot = histogram.Snapshot();
        Assert.Equal([1, 50, 75, 95, 99, 100, 100], Percentiles.Select(snapshot.Percentile));
    }

    [Fact]
    public void Every_bucket_ends_where_the_next_begins()
    {
        for (var bucket = 0; bucket < LatencyHistogram.BucketCount; bucket++)
        {
            Assert.Equal(bucket, LatencyHistogram.BucketOf(LatencyHistogram.LastValueOf(bucket)));
            if (bucket + 1 < LatencyHistogram.BucketCount)
                Assert.Equal(bucket + 1, LatencyHistogram.BucketOf(LatencyHistogram.LastValueOf(bucket) + 1));
        }
    }

    [Fact]
    public void Value_out_of_range_counts_at_the_end_of_the_range()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(-5);
        histogram.Record(long.MaxValue);
        var snapshot = histogram.Snapshot();
        Assert.Equal(2, snapshot.Count);
        Assert.Equal(0, snapshot.Percentile(5_000));
        Assert.Equal((1L << 43) - 1, snapshot.MaxNanoseconds);
    }

    [Fact]
    public void Nothing_recorded_is_zero_everywhere()
    {
        Assert.Equal(0, HistogramSnapshot.Empty.Percentile(9_900));
        Assert.Empty(HistogramSnapshot.Empty.Coarse(4));
    }

    [Fact]
    public void Difference_holds_what_came_after_the_earlier_snapshot()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(1_000_000);
        var before = histogram.Snapshot();
        histogram.Record(10);
        histogram.Record(20);
        var between = histogram.Snapshot().Since(before);
        Assert.Equal(2, between.Count);
        Assert.Equal(20, between.MaxNanoseconds);
        Assert.Equal(10, between.Percentile(5_000));
    }

    [Fact]
    public void Coarse_buckets_hold_every_value_once()
    {
        var histogram = new LatencyHistogram();
        foreach (var value in (long[])[5, 900, 1_500, 1_500, 70_000, 5_000_000])
            histogram.Record(value);
        var bars = histogram.Snapshot().Coarse(4);
        Assert.Equal(6, bars.Sum(bar => bar.Count));
        Assert.Equal((1_000, 2), bars[0]);
        Assert.Equal(1, bars[^1].Count);
        Assert.Equal(bars.Select(bar => bar.UpToNanoseconds).Order().Distinct(), bars.Select(bar => bar.UpToNanoseconds));
    }

    [Fact]
    public async Task Recording_from_several_threads_loses_nothing()
    {
        var histogram = new LatencyHistogram();
        await Task.WhenAll(Enumerable.Range(1, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 1; i <= 10_000; i++)
                histogram.Record(i * thread);
        })));
        Assert.Equal(40_000, histogram.Snapshot().Count);
        Assert.Equal(40_000, histogram.Snapshot().MaxNanoseconds);
    }
}
