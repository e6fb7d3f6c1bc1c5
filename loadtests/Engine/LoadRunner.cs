using Cascade.LoadTests.Targets;

namespace Cascade.LoadTests.Engine;

/// <summary>How a load is run.</summary>
internal sealed record RunSettings
{
    /// <summary>Where all random numbers come from.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Arrivals under way at one time; one more is an error "overrun".</summary>
    public int InFlightMax { get; init; } = 1_024;

    /// <summary>Told of every interval as it ends, and of the wrong bytes so far.</summary>
    public Action<IReadOnlyList<TimelinePoint>, long>? OnInterval { get; init; }

    /// <summary>Told of what is being done.</summary>
    public Action<string>? OnStage { get; init; }
}

/// <summary>Something that was done to the target.</summary>
internal sealed record EventRecord(string Name, double AtSeconds, double TookSeconds);

/// <summary>What came of a load.</summary>
internal sealed record RunResult(
    Scenario Scenario, ScenarioStats Stats, IReadOnlyList<TimelinePoint> Timeline, IReadOnlyList<EventRecord> Events, TimeSpan Measured, bool IsComplete);

/// <summary>Runs a scenario: preparation, warm-up, measured load.</summary>
internal sealed class LoadRunner(Pace pace, RunSettings settings)
{
    /// <summary>Runs it to the end, or until it is interrupted; then what was measured until then is returned.</summary>
    public async Task<RunResult> RunAsync(Scenario scenario, ILoadTarget target, CancellationToken interrupt)
    {
        settings.OnStage?.Invoke("preparing");
        await scenario.Init(target, interrupt);
        var instances = new InstancePool(settings.Seed, target, pace.Time);
        if (scenario.WarmUp > TimeSpan.Zero)
        {
            settings.OnStage?.Invoke("warming up");
            var warmUp = new LoadPlan([scenario.LoadSimulations[0].Steady(scenario.WarmUp)]);
            using var dropped = new LoadPhase(scenario, warmUp, new ScenarioStats(pace.Time), instances, pace, settings.InFlightMax);
            await dropped.RunAsync(interrupt);
        }

        settings.OnStage?.Invoke("measuring");
        return await MeasureAsync(scenario, target, instances, interrupt);
    }

    private async Task<RunResult> MeasureAsync(Scenario scenario, ILoadTarget target, InstancePool instances, CancellationToken interrupt)
    {
        var plan = new LoadPlan(scenario.LoadSimulations);
        var stats = new ScenarioStats(pace.Time);
        var timeline = new Timeline(stats, pace, plan.Duration, settings.OnInterval);
        using var phase = new LoadPhase(scenario, plan, stats, instances, pace, settings.InFlightMax);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(interrupt);
        var events = new List<EventRecord>();

        var load = phase.RunAsync(stop.Token);
        var sampling = timeline.RunAsync(phase, stop.Token);
        try
        {
            await RunEventsAsync(scenario, target, phase, plan.Duration, events, stop.Token);
        }
        catch
        {
            stop.Cancel();
            await Task.WhenAll(load, sampling);
            throw;
        }

        await Task.WhenAll(load, sampling);
        var elapsed = pace.Time.GetElapsedTime(phase.StartedAt);
        var isComplete = !interrupt.IsCancellationRequested && phase.Unfinished == 0;
        return new RunResult(scenario, stats, timeline.Points, events, elapsed < plan.Duration ? elapsed : plan.Duration, isComplete);
    }

    private async Task RunEventsAsync(
        Scenario scenario, ILoadTarget target, LoadPhase phase, TimeSpan duration, List<EventRecord> events, CancellationToken stop)
    {
        foreach (var planned in scenario.Events.OrderBy(planned => planned.Share))
        {
            await pace.ByTimerAsync(phase.TimestampOf(duration * planned.Share), stop);
            if (stop.IsCancellationRequested)
                return;
            var at = pace.Time.GetTimestamp();
            await planned.Run(target);
            var began = pace.Time.GetElapsedTime(phase.StartedAt, at);
            events.Add(new EventRecord(planned.Name, began.TotalSeconds, pace.Time.GetElapsedTime(at).TotalSeconds));
        }
    }
}
