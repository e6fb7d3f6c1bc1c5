namespace Cascade.LoadTests.Engine;

/// <summary>What the runner needs of the world: time, waiting, and somewhere to run.</summary>
internal abstract class Pace(TimeProvider time)
{
    /// <summary>The clock.</summary>
    public TimeProvider Time { get; } = time;

    /// <summary>Runs what hands out arrivals; it must not be held up by the load.</summary>
    public abstract Task Drive(Func<Task> driver);

    /// <summary>Waits for a timestamp as exactly as can be. Returns at once when it has passed, early when the token fires.</summary>
    public abstract ValueTask UntilAsync(long timestamp, CancellationToken cancellationToken);

    /// <summary>Starts a run through a scenario.</summary>
    public abstract Task Start(Func<Task> run);

    /// <summary>Lets others run between two runs of a loop.</summary>
    public abstract Task Yield();

    /// <summary>Waits for a timestamp by a timer, about a millisecond exact.</summary>
    public async ValueTask ByTimerAsync(long timestamp, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested && Time.GetTimestamp() < timestamp)
        {
            var due = new TaskCompletionSource();
            await using var stop = cancellationToken.Register(() => due.TrySetResult());
            await using var timer = Time.CreateTimer(_ => due.TrySetResult(), null, Remaining(timestamp), Timeout.InfiniteTimeSpan);
            await due.Task;
        }
    }

    /// <summary>Time until a timestamp, rounded up.</summary>
    protected TimeSpan Remaining(long timestamp) =>
        TimeSpan.FromTicks((long)Math.Ceiling((timestamp - Time.GetTimestamp()) * ((double)TimeSpan.TicksPerSecond / Time.TimestampFrequency)));
}

/// <summary>Real time: a thread of its own hands out arrivals to the thread pool.</summary>
internal sealed class RealPace() : Pace(TimeProvider.System)
{
    /// <summary>A sleep may last this much longer than asked for; what is shorter is waited for by yielding.</summary>
    private static readonly TimeSpan SleepSlack = TimeSpan.FromMilliseconds(1.2);

    /// <inheritdoc/>
    public override Task Drive(Func<Task> driver) => Task.Factory.StartNew(
        () => driver().GetAwaiter().GetResult(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <inheritdoc/>
    public override ValueTask UntilAsync(long timestamp, CancellationToken cancellationToken)
    {
        // A timer is too coarse for latencies of microseconds, and its thread may be busy: the driver's own thread waits.
        while (Time.GetTimestamp() < timestamp && !cancellationToken.IsCancellationRequested)
        {
            var sleep = Remaining(timestamp) - SleepSlack;
            if (sleep >= TimeSpan.FromMilliseconds(1))
                Thread.Sleep(sleep < TimeSpan.FromMilliseconds(100) ? sleep : TimeSpan.FromMilliseconds(100));
            else
                Thread.Yield();
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task Start(Func<Task> run) =>
        Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.PreferFairness, TaskScheduler.Default).Unwrap();

    /// <inheritdoc/>
    public override async Task Yield() => await Task.Yield();
}
