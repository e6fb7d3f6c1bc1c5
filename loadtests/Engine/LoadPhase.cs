namespace Cascade.LoadTests.Engine;

/// <summary>Carries one plan out against a scenario: the warm-up, or the measured load. For one use.</summary>
internal sealed class LoadPhase(Scenario scenario, LoadPlan plan, ScenarioStats stats, InstancePool instances, Pace pace, int inFlightMax)
    : IDisposable
{
    /// <summary>How long runs that are under way at the end may take to finish, and then to give up.</summary>
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = pace.Time;
    private readonly CancellationTokenSource _giveUp = new();
    private readonly Lock _gate = new();
    private readonly bool[] _copyRuns = new bool[plan.CopiesMax];
    private readonly TaskCompletionSource _drained = new();
    private int _arrivalsInFlight;
    private int _underWay;
    private bool _isOver;

    /// <summary>The timestamp from which the plan's times count.</summary>
    public long StartedAt { get; private set; }

    /// <summary>Runs that neither finished nor gave up.</summary>
    public int Unfinished { get; private set; }

    /// <summary>Hands the load out, then waits for what is under way.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        StartedAt = _time.GetTimestamp();
        await pace.Drive(() => DriveAsync(stop));
        await DrainAsync();
    }

    /// <summary>The timestamp of a moment of the plan.</summary>
    public long TimestampOf(TimeSpan at) => StartedAt + (long)((Int128)at.Ticks * _time.TimestampFrequency / TimeSpan.TicksPerSecond);

    /// <inheritdoc/>
    public void Dispose() => _giveUp.Dispose();

    private async Task DriveAsync(CancellationToken stop)
    {
        foreach (var start in plan.Starts())
        {
            var due = TimestampOf(start.At);
            await pace.UntilAsync(due, stop);
            if (stop.IsCancellationRequested)
                break;
            if (start.IsArrival)
                Arrive(due);
            else
                StartCopy(start.Copy, stop);
        }

        await pace.UntilAsync(TimestampOf(plan.Duration), stop);
    }

    private void Arrive(long due)
    {
        stats.Lag.Record(stats.NanosecondsBetween(due, _time.GetTimestamp()));
        if (Interlocked.Increment(ref _arrivalsInFlight) > inFlightMax)
        {
            Interlocked.Decrement(ref _arrivalsInFlight);
            stats.Overrun(inFlightMax);
            return;
        }

        Begin();
        _ = pace.Start(async () =>
        {
            await RunOnceAsync(due);
            Interlocked.Decrement(ref _arrivalsInFlight);
            End();
        });
    }

    private void StartCopy(int copy, CancellationToken stop)
    {
        lock (_gate)
        {
            // A copy that has not noticed that there were to be fewer for a while goes on.
            if (_copyRuns[copy])
                return;
            _copyRuns[copy] = true;
        }

        Begin();
        _ = pace.Start(async () =>
        {
            while (IsWanted(copy, stop))
            {
                await RunOnceAsync(_time.GetTimestamp());
                await pace.Yield();
            }

            End();
        });
    }

    private bool IsWanted(int copy, CancellationToken stop)
    {
        lock (_gate)
            return _copyRuns[copy] = !stop.IsCancellationRequested && plan.CopiesAt(_time.GetElapsedTime(StartedAt)) > copy;
    }

    /// <summary>One run through the scenario. Throws nothing.</summary>
    private async Task RunOnceAsync(long due)
    {
        var instance = instances.Rent();
        Response<object> response;
        try
        {
            instance.Begin(stats, due, _giveUp.Token);
            response = await scenario.Run(instance);
        }
        catch (Exception e)
        {
            response = Response.Fail(e.GetType().Name, e.Message);
        }

        stats.Whole.Record(response, stats.NanosecondsBetween(due, _time.GetTimestamp()));
        instances.Return(instance);
    }

    private void Begin() => Interlocked.Increment(ref _underWay);

    private void End()
    {
        if (Interlocked.Decrement(ref _underWay) == 0 && Volatile.Read(ref _isOver))
            _drained.TrySetResult();
    }

    private async Task DrainAsync()
    {
        Volatile.Write(ref _isOver, true);
        if (Volatile.Read(ref _underWay) == 0)
            return;
        if (await IsDrainedAsync())
            return;
        _giveUp.Cancel();
        if (await IsDrainedAsync())
            return;
        Unfinished = Volatile.Read(ref _underWay);
        for (var i = 0; i < Unfinished; i++)
            stats.Whole.Record(Response.Fail("unfinished", $"Gave no answer within {2 * DrainPatience.TotalSeconds} s of the end of the load."), 0);
    }

    private async Task<bool> IsDrainedAsync()
    {
        try
        {
            await _drained.Task.WaitAsync(DrainPatience, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
