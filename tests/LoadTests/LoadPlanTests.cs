using Cascade.LoadTests.Engine;

namespace Cascade.LoadTests.Tests;

public sealed class LoadPlanTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(100, 1, 10, 1_000)]
    [InlineData(0.7, 1, 10, 7)]
    [InlineData(33.3, 1, 10, 333)]
    [InlineData(1, 60, 120, 2)]
    [InlineData(100_000, 1, 3, 300_000)]
    public void Inject_gives_exactly_the_rate(double rate, int intervalSeconds, int seconds, int arrivals)
    {
        var plan = new LoadPlan([Simulation.Inject(rate, Second * intervalSeconds, Second * seconds)]);
        var times = Times(plan);
        Assert.Equal(arrivals, times.Length);
        for (var k = 0; k < arrivals; k++)
            Assert.Equal(k * intervalSeconds / rate, times[k].TotalSeconds, 1e-7);
    }

    [Fact]
    public void Ramp_up_comes_where_the_integral_of_the_rate_says()
    {
        // From 0 to 100 a second in 10 s: 5 t^2 arrivals by t, 500 in all.
        var times = Times(new LoadPlan([Simulation.RampingInject(100, Second, Second * 10)]));
        Assert.Equal(500, times.Length);
        for (var k = 0; k < times.Length; k++)
            Assert.Equal(Math.Sqrt(k / 5.0), times[k].TotalSeconds, 1e-7);
    }

    [Fact]
    public void Ramp_goes_on_from_the_rate_before_and_arrivals_are_not_lost_between()
    {
        var plan = new LoadPlan(
        [
            Simulation.Inject(10.5, Second, Second), Simulation.RampingInject(20.5, Second, Second * 2), Simulation.RampingInject(0, Second, Second * 2),
        ]);

        // 10.5 + 31 + 20.5 arrivals.
        var times = Times(plan);
        Assert.Equal(62, times.Length);
        Assert.Equal(11, times.Count(at => at < Second));
        Assert.Equal(42, times.Count(at => at < Second * 3));
        Assert.Equal(times.Order(), times);
        Assert.Equal(Second * 5, plan.Duration);
    }

    [Fact]
    public void Ramp_of_copies_starts_them_at_equal_distances()
    {
        var plan = new LoadPlan([Simulation.RampingConstant(5, Second * 10), Simulation.KeepConstant(5, Second * 10)]);
        Assert.Equal([(0, 0.0), (1, 2.0), (2, 4.0), (3, 6.0), (4, 8.0)], Copies(plan));
        Assert.Equal([1, 1, 2, 5, 5, 0], new[] { 0, 1.9, 2, 9.9, 15, 20 }.Select(at => plan.CopiesAt(Second * at)));
        Assert.Equal(5, plan.CopiesMax);
    }

    [Fact]
    public void Ramp_down_ends_copies_at_equal_distances_and_a_later_one_starts_them_again()
    {
        var plan = new LoadPlan(
        [
            Simulation.KeepConstant(4, Second), Simulation.RampingConstant(0, Second * 4), Simulation.KeepConstant(2, Second),
        ]);
        Assert.Equal([(0, 0.0), (1, 0.0), (2, 0.0), (3, 0.0), (0, 5.0), (1, 5.0)], Copies(plan));
        Assert.Equal([4, 4, 3, 1, 2, 0], new[] { 0.5, 1.5, 2, 4.5, 5, 6 }.Select(at => plan.CopiesAt(Second * at)));
    }

    [Fact]
    public void Copies_end_when_arrivals_take_over()
    {
        var plan = new LoadPlan([Simulation.KeepConstant(3, Second), Simulation.Inject(2, Second, Second), Simulation.KeepConstant(1, Second)]);
        Assert.Equal(0, plan.CopiesAt(Second * 1.5));
        Assert.Equal(2, Times(plan).Length);
        Assert.Equal([(0, 0.0), (1, 0.0), (2, 0.0), (0, 2.0)], Copies(plan));
    }

    [Fact]
    public void Copies_agree_with_their_starts_at_every_start()
    {
        for (var copies = 1; copies < 200; copies += 7)
        {
            var plan = new LoadPlan([Simulation.RampingConstant(copies, TimeSpan.FromTicks(9_999_991))]);
            var started = 0;
            foreach (var start in plan.Starts())
                Assert.Equal(++started, plan.CopiesAt(start.At));
            Assert.Equal(copies, started);
        }
    }

    private static TimeSpan[] Times(LoadPlan plan) => [.. plan.Starts().Where(start => start.IsArrival).Select(start => start.At)];

    private static IEnumerable<(int Copy, double At)> Copies(LoadPlan plan) =>
        plan.Starts().Where(start => !start.IsArrival).Select(start => (start.Copy, start.At.TotalSeconds));
}
