using Cascade.Actors.Simulation;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor;
using Cascade.Hosting.Tests.Configuration;

namespace Cascade.Hosting.Tests.Doctor;

public sealed class CheckRunnerTests
{
    private readonly VirtualTimeProvider _time = new();
    private readonly CascadeOptions _options = ConfigurationTesting.Load().Options;

    [Fact]
    public async Task Reports_are_in_the_order_of_the_checks_whichever_is_done_first()
    {
        using var go = new ManualResetEventSlim();
        var slow = new StandInCheck("slow", () => Wait(go));
        var quick = new StandInCheck("quick", () => Set(go));
        var reports = await RunAsync(slow, quick);
        Assert.Equal([new("slow", CheckStatus.Ok, "waited", "x", null), new CheckReport("quick", CheckStatus.Note, "set", "x", "y")], reports);
    }

    [Fact]
    public async Task Check_that_hangs_is_a_problem_when_its_time_is_over_and_costs_no_other()
    {
        using var go = new ManualResetEventSlim();
        using var begun = new ManualResetEventSlim();
        var hanging = new StandInCheck("hanging", () =>
        {
            begun.Set();
            return Wait(go);
        });
        var running = RunAsync(hanging);
        begun.Wait();
        Assert.Equal([new CheckReport("sound", CheckStatus.Ok, "a", "b", null)], await RunAsync(new StandInCheck("sound", () => Finding.Ok("a", "b"))));
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(running.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        var report = Assert.Single(await running);
        go.Set();
        Assert.Equal((CheckStatus.Problem, "no answer within 3 s"), (report.Status, report.Found));
        Assert.NotNull(report.Cure);
    }

    [Fact]
    public async Task Check_that_throws_is_a_problem_with_the_message_and_costs_no_other()
    {
        var reports = await RunAsync(
            new StandInCheck("throwing", () => throw new TimeoutException("two\nlines")), new StandInCheck("sound", () => Finding.Ok("a", "b")));
        Assert.Equal((CheckStatus.Problem, "the check failed: TimeoutException: two lines"), (reports[0].Status, reports[0].Found));
        Assert.NotNull(reports[0].Cure);
        Assert.Equal(CheckStatus.Ok, reports[1].Status);
    }

    private Task<IReadOnlyList<CheckReport>> RunAsync(params ICheck[] checks) =>
        new CheckRunner(TimeSpan.FromSeconds(3), _time).RunAsync(checks, _options, CancellationToken.None);

    private static Finding Wait(ManualResetEventSlim go)
    {
        go.Wait();
        return Finding.Ok("waited", "x");
    }

    private static Finding Set(ManualResetEventSlim go)
    {
        go.Set();
        return Finding.Note("set", "x", "y");
    }

    private sealed class StandInCheck(string name, Func<Finding> examine) : ICheck
    {
        public string Name => name;

        public Finding Examine(CascadeOptions options) => examine();
    }
}
