using Cascade.Hosting.Replay;

namespace Cascade.Hosting.Tests.Replay;

public sealed class LatencyHistogramTests
{
    private static readonly double[] Fractions = [0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1];

    [Fact]
    public void An_empty_histogram_answers_zero()
    {
        var histogram = new LatencyHistogram();
        Assert.Equal(0, histogram.Percentile(0.5));
        Assert.Equal(0, histogram.Count);
    }

    [Fact]
    public void Small_values_are_exact()
    {
        var histogram = new LatencyHistogram();
        for (var value = 1; value <= 100; value++)
            histogram.Record(value);
        Assert.Equal(1, histogram.Percentile(0.001));
        Assert.Equal(50, histogram.Percentile(0.50));
        Assert.Equal(99, histogram.Percentile(0.99));
        Assert.Equal(100, histogram.Percentile(1));
    }

    [Fact]
    public void Percentiles_are_at_most_one_part_in_128_too_high()
    {
        const int Seed = 3;
        var random = new Random(Seed);
        var histogram = new LatencyHistogram();
        var values = new long[20_000];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (long)Math.Exp(random.NextDouble() * 30);
            histogram.Record(values[i]);
        }

        Array.Sort(values);
        foreach (var fraction in Fractions)
        {
            var exact = values[(int)Math.Ceiling(fraction * values.Length) - 1];
            var told = histogram.Percentile(fraction);
            Assert.True(told >= exact && told - exact <= exact / 128, $"seed {Seed}, fraction {fraction}: {told} for {exact}");
        }
    }

    [Fact]
    public void The_extremes_have_a_bucket()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(-5);
        histogram.Record(long.MaxValue);
        Assert.Equal(0, histogram.Percentile(0.5));
        Assert.Equal(long.MaxValue, histogram.Percentile(1));
        Assert.Equal(long.MaxValue, histogram.MaxNanoseconds);
        Assert.Equal(2, histogram.Count);
    }

    [Fact]
    public void One_value_is_every_percentile()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(1_234_567);
        Assert.All(Fractions, fraction => Assert.Equal(1_234_567, histogram.Percentile(fraction)));
    }

    [Fact]
    public void Fractions_out_of_range_are_refused()
    {
        var histogram = new LatencyHistogram();
        Assert.Throws<ArgumentOutOfRangeException>(() => histogram.Percentile(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => histogram.Percentile(1.01));
    }
}
