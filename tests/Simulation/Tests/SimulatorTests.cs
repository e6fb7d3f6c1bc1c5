using System.Globalization;
using Cascade.Simulation.Plan;
using Cascade.Simulation.World;

namespace Cascade.Simulation.Tests;

/// <summary>The simulator itself: it repeats runs, and finds bugs that are put into it.</summary>
public sealed class SimulatorTests(ITestOutputHelper output)
{
    private const double IdleMessagesMax = 45;
    private const double IdleGrowthMax = 1.25;
    private const int SeedsToAPlantedBug = 200;

    [Theory]
    [InlineData(10)]
    [InlineData(33)]
    [InlineData(47)]
    public void Seed_run_twice_does_the_same(ulong seed)
    {
        var first = Run(seed);
        var second = Run(seed);
        Assert.Equal((first.Trace, first.Turns, first.Elapsed, first.Violation), (second.Trace, second.Turns, second.Elapsed, second.Violation));
    }

    /// <summary>Plans that broke a promise once, kept by <c>cascade sim --seed S --keep FILE</c>.</summary>
    [Theory]
    [MemberData(nameof(KeptPlans))]
    public void Plan_that_failed_once_breaks_no_promise(string name)
    {
        using var world = new SimWorld(PlanFile.Load(Path.Combine(AppContext.BaseDirectory, "Regressions", name)));
        Assert.Null(world.Run().Violation);
    }

    /// <summary>Their files, copied beside the program.</summary>
    public static TheoryData<string> KeptPlans() =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Regressions"), "*.json").Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Fact]
    public void Plan_in_a_file_is_the_plan_that_was_drawn()
    {
        var (plan, path) = (SimPlan.Draw(33), Path.Combine(AppContext.BaseDirectory, $"plan-{Environment.ProcessId}.json"));
        PlanFile.Save(path, plan, "nothing");
        var loaded = PlanFile.Load(path);
        File.Delete(path);
        Assert.Equal(plan.Events.Select(EventText.Write), loaded.Events.Select(EventText.Write));
        using var world = new SimWorld(loaded);
        Assert.Equal(Run(33).Trace, world.Run().Trace);
    }

    /// <summary>Whole nodes of which nothing is asked. The membership alone is measured up to 1,000 nodes in the tests of Core.</summary>
    [Fact]
    public void Idle_nodes_send_as_many_messages_a_second_in_a_large_cluster_as_in_a_small_one()
    {
        var rates = new[] { 3, 10, SimConfig.NodesMax }.Select(IdleRate).ToArray();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"messages a node a second: {string.Join(", ", rates)}"));
        Assert.InRange(rates[2], 0.1, IdleMessagesMax);
        Assert.InRange(rates[2] / rates[1], 0.1, IdleGrowthMax);
    }

    private static double IdleRate(int nodes)
    {
        var plan = SimPlan.Draw(1, nodes, steps: 1);
        using var world = new SimWorld(plan with { Config = plan.Config with { Clients = 0, Disk = null, SlowStart = TimeSpan.Zero, IsHasty = false } });
        return world.RunIdle(settling: TimeSpan.FromSeconds(10), counted: TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(nameof(PlantedBug.LeaseIgnored), "its lease ended before its time")]
    [InlineData(nameof(PlantedBug.AcknowledgedEarly), "was put and acknowledged, and is a miss")]
    [InlineData(nameof(PlantedBug.StaleIncarnation), "a later life of it counts")]
    public void Planted_bug_is_found(string name, string violation)
    {
        var bug = Enum.Parse<PlantedBug>(name);
        for (var seed = 1UL; seed <= SeedsToAPlantedBug; seed++)
        {
            if (Run(seed, bug).Violation is not { } found || !found.Contains(violation, StringComparison.Ordinal))
                continue;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"found by seed {seed}: {found}"));
            return;
        }

        Assert.Fail($"{name} was not found by {SeedsToAPlantedBug} seeds.");
    }

    [Fact]
    public void Failing_plan_shrinks_to_a_short_one_that_fails_in_the_same_way()
    {
        var plan = SimPlan.Draw(2);
        var needed = plan.Events.Where(static known => known.Index is 7 or 30).Select(static known => known.Index).ToHashSet();
        var small = Shrinker.Shrink(plan, tried => needed.IsSubsetOf(tried.Events.Select(static known => known.Index).ToHashSet()), runsMax: 500);
        Assert.Equal(needed, small.Events.Select(static known => known.Index).ToHashSet());
        Assert.Equal(At(plan, 30), At(small, 30));
    }

    private static TimeSpan At(SimPlan plan, int index) =>
        TimeSpan.FromTicks(plan.Events.TakeWhile(known => known.Index <= index).Sum(static known => known.Gap.Ticks));

    private static SimResult Run(ulong seed, PlantedBug bug = PlantedBug.None)
    {
        using var world = new SimWorld(SimPlan.Draw(seed), bug);
        return world.Run();
    }
}
