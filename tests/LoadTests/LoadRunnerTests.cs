using Cascade.LoadTests.Engine;

namespace Cascade.LoadTests.Tests;

public sealed class LoadRunnerTests
{
    private static readonly TimeSpan Second = VirtualLoad.Second;

    private readonly VirtualLoad _load = new();

    [Fact]
    public void Open_load_begins_every_arrival_at_its_moment()
    {
        var times = new List<double>();
        var result = _load.Run(Scenario.Create("s", _ =>
        {
            times.Add(_load.Time.Elapsed.TotalSeconds);
            return Done();
        }).WithLoadSimulations(Simulation.RampingInject(4, Second, Second * 2), Simulation.Inject(4, Second, Second)));
        Assert.Equal(8, times.Count);
        Assert.Equal([0, 1, Math.Sqrt(2), Math.Sqrt(3), 2, 2.25, 2.5, 2.75], times, (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal(8, result.Stats.Whole.Snapshot().Ok);
        Assert.Equal(3, result.Measured.TotalSeconds);
        Assert.True(result.IsComplete);
    }

    [Fact]
    public void Open_load_measures_from_the_planned_moment_also_when_runs_queue()
    {
        // One at a time, 100 ms each, ten arrivals 50 ms apart: the k-th waits 50 k ms.
        var freeAt = TimeSpan.Zero;
        var result = _load.Run(Scenario.Create("s", context => Step.Run("step", context, async () =>
        {
            freeAt = (freeAt > _load.Time.Elapsed ? freeAt : _load.Time.Elapsed) + (Second * 0.1);
            await _load.Take(freeAt - _load.Time.Elapsed);
            return Response.Ok();
        })).WithLoadSimulations(Simulation.Inject(20, Second, Second * 0.5)));

        var latency = result.Stats.Step("step").Snapshot().Latency;
        Assert.Equal(10, latency.Count);
        Assert.Equal(550_000_000, latency.MaxNanoseconds);
        Assert.InRange(latency.Percentile(5_000), 300_000_000, 303_000_000);
        Assert.Equal(550_000_000, result.Stats.Whole.Snapshot().Latency.MaxNanoseconds);
    }

    [Fact]
    public void Wait_for_a_start_counts_with_the_whole_run_and_its_first_step_alone()
    {
        var load = new VirtualLoad { BeginsAfter = Second * 0.03 };
        var result = load.Run(Scenario.Create("s", async context =>
        {
            await Step.Run("first", context, StepAsync);
            return await Step.Run("second", context, StepAsync);
        }).WithLoadSimulations(Simulation.Inject(5, Second, Second)));
        Assert.Equal(40_000_000, result.Stats.Step("first").Snapshot().Latency.MaxNanoseconds);
        Assert.Equal(10_000_000, result.Stats.Step("second").Snapshot().Latency.MaxNanoseconds);
        Assert.Equal(50_000_000, result.Stats.Whole.Snapshot().Latency.MaxNanoseconds);

        async Task<Response<object>> StepAsync()
        {
            await load.Take(Second * 0.01);
            return Response.Ok();
        }
    }

    [Fact]
    public void Arrival_beyond_the_bound_is_an_overrun_and_not_begun()
    {
        var begun = 0;
        var result = _load.Run(
            Scenario.Create("s", async _ =>
            {
                begun++;
                await _load.Take(Second * 10);
                return Response.Ok();
            }).WithLoadSimulations(Simulation.Inject(10, Second, Second)),
            new RunSettings { InFlightMax = 3 });
        var whole = result.Stats.Whole.Snapshot();
        Assert.Equal((3, 3, 7), (begun, whole.Ok, whole.Errors));
        Assert.Equal(7, result.Stats.Overruns);
        Assert.Equal(("overrun", 7), (whole.Statuses[0].Code, whole.Statuses[0].Count));
    }

    [Fact]
    public void Closed_load_keeps_so_many_copies_busy()
    {
        var (now, most) = (0, 0);
        var instances = new HashSet<int>();
        var result = _load.Run(Scenario.Create("s", async context =>
        {
            instances.Add(context.InstanceNumber);
            most = Math.Max(most, ++now);
            await _load.Take(Second * 0.25);
            now--;
            return Response.Ok();
        }).WithLoadSimulations(Simulation.KeepConstant(3, Second * 2)));
        Assert.Equal(24, result.Stats.Whole.Snapshot().Ok);
        Assert.Equal(3, most);
        Assert.Equal([0, 1, 2], instances.Order());
    }

    [Fact]
    public void Closed_ramp_down_and_up_never_has_a_copy_twice()
    {
        var (now, most) = (0, 0);
        _load.Run(Scenario.Create("s", async _ =>
        {
            most = Math.Max(most, ++now);
            await _load.Take(Second * 3);
            now--;
            return Response.Ok();
        }).WithLoadSimulations(
            Simulation.KeepConstant(4, Second), Simulation.KeepConstant(1, Second), Simulation.KeepConstant(4, Second * 5)));
        Assert.Equal(4, most);
    }

    [Fact]
    public void Warm_up_runs_the_first_load_without_its_ramp_and_is_not_counted()
    {
        var (runs, events) = (0, new List<string>());
        var result = _load.Run(
            Scenario.Create("s", async context =>
            {
                runs++;
                await Step.Run("step", context, Done);
                return Response.Ok();
            }).WithWarmUpDuration(Second * 2).WithLoadSimulations(Simulation.RampingInject(10, Second, Second)),
            new RunSettings { OnStage = events.Add });
        Assert.Equal(25, runs);
        Assert.Equal(5, result.Stats.Whole.Snapshot().Ok);
        Assert.Equal(5, result.Stats.Step("step").Snapshot().Ok);
        Assert.Equal(["preparing", "warming up", "measuring"], events);
    }

    [Fact]
    public void Errors_are_counted_by_reason_and_have_no_latency()
    {
        var result = _load.Run(Scenario.Create("s", async context =>
        {
            var step = await Step.Run("step", context, () => (context.InvocationNumber % 3) switch
            {
                0 => Done(),
                1 => Task.FromResult(Response.Fail("busy", "no room")),
                _ => throw new InvalidOperationException("broken"),
            });
            return step.IsError ? Response.Fail(step.StatusCode) : throw new TimeoutException("too late");
        }).WithLoadSimulations(Simulation.Inject(6, Second, Second)));
        var step = result.Stats.Step("step").Snapshot();
        Assert.Equal((2, 4), (step.Ok, step.Errors));
        Assert.Equal(
            [("InvalidOperationException", 2, "broken"), ("busy", 2, "no room")],
            step.Statuses.Select(status => (status.Code, status.Count, status.Message)));
        Assert.Equal(0, result.Stats.Whole.Snapshot().Ok);
        Assert.Equal(
            ["InvalidOperationException", "TimeoutException", "busy"], result.Stats.Whole.Snapshot().Statuses.Select(status => status.Code).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Timeline_holds_each_interval_by_itself()
    {
        var result = _load.Run(Scenario.Create("s", async context =>
        {
            await Step.Run("step", context, async () =>
            {
                await _load.Take(Second * 0.01);
                return Response.Ok(sizeBytes: 100);
            });
            return Response.Ok();
        }).WithLoadSimulations(Simulation.RampingInject(20, Second, Second * 2), Simulation.Inject(20, Second, Second * 0.5)));
        var points = result.Timeline.Where(point => point.Step == "step").ToList();
        Assert.Equal([(1.0, 1.0), (2.0, 1.0), (2.5, 0.5)], points.Select(point => (point.AtSeconds, point.OverSeconds)));
        Assert.Equal(30, points.Sum(point => point.Latency.Count));
        Assert.Equal([500, 1_500, 1_000], points.Select(point => point.Bytes));
        Assert.All(points, point => Assert.Equal(10_000_000, point.Latency.Max));
    }

    [Fact]
    public void Events_come_at_their_share_of_the_measured_time()
    {
        var result = _load.Run(Scenario.Create("s", _ => Done())
            .WithWarmUpDuration(Second).WithLoadSimulations(Simulation.Inject(1, Second, Second * 9))
            .WithEvents(new TimedEvent(2.0 / 3, "restart", target => target.RestartAsync(2)), new TimedEvent(1.0 / 3, "kill", target => target.KillAsync(2))));
        Assert.Equal(["kill 2 at 4", "restart 2 at 7"], _load.Done);
        Assert.Equal([("kill", 3.0), ("restart", 6.0)], result.Events.Select(e => (e.Name, e.AtSeconds)));
    }

    [Fact]
    public void Interrupted_load_reports_what_was_measured()
    {
        var result = _load.Run(
            Scenario.Create("s", _ => Done()).WithLoadSimulations(Simulation.Inject(10, Second, Second * 100)), interruptAfter: Second * 2.05);
        Assert.False(result.IsComplete);
        Assert.Equal(2.05, result.Measured.TotalSeconds, 6);
        Assert.Equal(21, result.Stats.Whole.Snapshot().Ok);
    }

    [Fact]
    public void Run_that_never_ends_is_an_error_and_does_not_hold_the_load_up()
    {
        var gaveUp = 0;
        var result = _load.Run(Scenario.Create("s", async context =>
        {
            await using var stop = context.CancellationToken.Register(() => gaveUp++);
            await new TaskCompletionSource().Task;
            return Response.Ok();
        }).WithLoadSimulations(Simulation.KeepConstant(2, Second)));
        Assert.False(result.IsComplete);
        Assert.Equal(2, gaveUp);
        Assert.Equal([("unfinished", 2)], result.Stats.Whole.Snapshot().Statuses.Select(status => (status.Code, status.Count)));
        Assert.Equal(21, _load.Time.Elapsed.TotalSeconds);
    }

    [Fact]
    public void Same_seed_gives_each_instance_the_same_numbers()
    {
        Assert.Equal(Draw(7), Draw(7));
        Assert.NotEqual(Draw(7), Draw(8));

        static List<(int, int)> Draw(int seed)
        {
            var load = new VirtualLoad();
            var drawn = new List<(int, int)>();
            load.Run(
                Scenario.Create("s", async context =>
                {
                    drawn.Add((context.InstanceNumber, context.Random.Next()));
                    await load.Take(Second * 0.3);
                    return Response.Ok();
                }).WithLoadSimulations(Simulation.KeepConstant(3, Second)),
                new RunSettings { Seed = seed });
            return drawn;
        }
    }

    private static Task<Response<object>> Done() => Task.FromResult(Response.Ok());
}
