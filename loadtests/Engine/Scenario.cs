using Cascade.LoadTests.Targets;

namespace Cascade.LoadTests.Engine;

/// <summary>Something that is done to the target once during the measured time, at a share of it.</summary>
/// <param name="Share">When: 0 is the start, 1 the end.</param>
/// <param name="Name">What, for the reports.</param>
/// <param name="Run">Does it. If it throws, the run ends with that.</param>
internal sealed record TimedEvent(double Share, string Name, Func<ILoadTarget, Task> Run);

/// <summary>What is run again and again, in NBomber's words: a name, a function made of steps, and the load. Immutable.</summary>
internal sealed record Scenario
{
    private Scenario(string name, Func<ScenarioContext, Task<Response<object>>> run) => (Name, Run) = (name, run);

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>One run through it.</summary>
    public Func<ScenarioContext, Task<Response<object>>> Run { get; }

    /// <summary>Prepares the target, before the warm-up; not measured.</summary>
    public Func<ILoadTarget, CancellationToken, Task> Init { get; private init; } = (_, _) => Task.CompletedTask;

    /// <summary>How long the load runs before it counts.</summary>
    public TimeSpan WarmUp { get; private init; }

    /// <summary>The load, one stretch after the other.</summary>
    public IReadOnlyList<LoadSimulation> LoadSimulations { get; private init; } = [];

    /// <summary>What happens to the target meanwhile.</summary>
    public IReadOnlyList<TimedEvent> Events { get; private init; } = [];

    /// <summary>Makes a scenario.</summary>
    public static Scenario Create(string name, Func<ScenarioContext, Task<Response<object>>> run) => new(name, run);

    /// <summary>With a preparation.</summary>
    public Scenario WithInit(Func<ILoadTarget, CancellationToken, Task> init) => this with { Init = init };

    /// <summary>With a warm-up: the first simulation's load without a ramp, whose results are dropped.</summary>
    public Scenario WithWarmUpDuration(TimeSpan duration) => this with { WarmUp = duration };

    /// <summary>Without a warm-up.</summary>
    public Scenario WithoutWarmUp() => this with { WarmUp = TimeSpan.Zero };

    /// <summary>With a load.</summary>
    public Scenario WithLoadSimulations(params LoadSimulation[] simulations) => this with { LoadSimulations = simulations };

    /// <summary>With things that happen meanwhile.</summary>
    public Scenario WithEvents(params TimedEvent[] events) => this with { Events = events };
}
