using Cascade.Actors.Simulation;
using Cascade.Hosting;
using Cascade.LoadTests.Engine;
using Cascade.LoadTests.Targets;

namespace Cascade.LoadTests.Tests;

/// <summary>A load under virtual time, on the test's own thread: nothing happens but when time is moved on.</summary>
internal sealed class VirtualLoad
{
    public VirtualTimeProvider Time { get; } = new();

    /// <summary>How long a run that was handed out waits before it begins, as behind a busy thread pool.</summary>
    public TimeSpan BeginsAfter { get; init; }

    public List<string> Done { get; } = [];

    public static TimeSpan Second { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Runs a scenario to its end.</summary>
    public RunResult Run(Scenario scenario, RunSettings? settings = null, TimeSpan? interruptAfter = null)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            using var interrupt = new CancellationTokenSource();
            var run = new LoadRunner(new VirtualPace(Time, BeginsAfter), settings ?? new RunSettings()).RunAsync(scenario, new Target(this), interrupt.Token);
            if (interruptAfter is { } after)
            {
                Time.Advance(after);
                interrupt.Cancel();
            }

            while (!run.IsCompleted && Time.FireNextWithin(TimeSpan.FromHours(1)))
            {
            }

            Assert.True(run.IsCompleted, "the load waits for something that will not come");
            return run.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Takes so long, exactly.</summary>
    public Task Take(TimeSpan time) => new VirtualPace(Time, default).ByTimerAsync(Time.GetTimestamp() + time.Ticks, CancellationToken.None).AsTask();

    private Task Note(string what)
    {
        Done.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{what} at {Time.Elapsed.TotalSeconds}"));
        return Task.CompletedTask;
    }

    /// <summary>Stands in for a cluster: notes what is done to it.</summary>
    private sealed class Target(VirtualLoad load) : ILoadTarget
    {
        public IReadOnlyList<ICascade> Nodes => [];

        public bool CanKill => true;

        public Task KillAsync(int node) => load.Note($"kill {node}");

        public Task RestartAsync(int node) => load.Note($"restart {node}");

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class VirtualPace(TimeProvider time, TimeSpan beginsAfter) : Pace(time)
    {
        public override Task Drive(Func<Task> driver) => driver();

        public override ValueTask UntilAsync(long timestamp, CancellationToken cancellationToken) => ByTimerAsync(timestamp, cancellationToken);

        public override async Task Start(Func<Task> run)
        {
            await ByTimerAsync(Time.GetTimestamp() + beginsAfter.Ticks, CancellationToken.None);
            await run();
        }

        public override Task Yield() => Task.CompletedTask;
    }
}
