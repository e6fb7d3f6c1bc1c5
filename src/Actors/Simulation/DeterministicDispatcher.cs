namespace Cascade.Actors.Simulation;

/// <summary>
/// Runs everything on the caller's thread, by hand, in an order drawn from a seed or first in first out: the same seed gives the
/// same run. Awaits inside come back through <see cref="Schedule"/> too. For one thread at a time.
/// </summary>
public sealed class DeterministicDispatcher : IDispatcher
{
    private readonly List<IRunnable> _runnable = [];
    private readonly SplitMix64? _random;
    private readonly Context _context;
    private int _head;
    private int _runner;
    private string? _violation;

    private DeterministicDispatcher(VirtualTimeProvider time, SplitMix64? random)
    {
        Time = time;
        _random = random;
        _context = new Context(this);
    }

    /// <summary>The time that <see cref="Advance"/> moves; give the same to the system's settings.</summary>
    public VirtualTimeProvider Time { get; }

    /// <summary>One message a turn, so that every interleaving of actors can come up.</summary>
    public int Throughput => 1;

    /// <inheritdoc/>
    public bool OwnsContinuations => true;

    /// <summary>How many runnables wait.</summary>
    public int Pending => _runnable.Count - _head;

    /// <summary>Turns run so far.</summary>
    public long Turns { get; private set; }

    /// <summary>Runs in order of scheduling.</summary>
    public static DeterministicDispatcher Fifo(VirtualTimeProvider time) => new(time, null);

    /// <summary>Picks each next turn at random among those that wait.</summary>
    public static DeterministicDispatcher Seeded(VirtualTimeProvider time, ulong seed) => new(time, new SplitMix64(seed));

    /// <inheritdoc/>
    public void Schedule(IRunnable runnable)
    {
        var runner = Volatile.Read(ref _runner);
        if (runner != 0 && runner != Environment.CurrentManagedThreadId)
        {
            _violation = $"{runnable.GetType()} was scheduled by another thread during a turn; what runs here may not leave this thread. {Environment.StackTrace}";
            return;
        }

        _runnable.Add(runnable);
    }

    /// <summary>Runs one turn; false when none waits.</summary>
    /// <exception cref="InvalidOperationException">Another thread has interfered, so that the run can no longer be repeated.</exception>
    public bool RunOne()
    {
        if (_violation is not null) throw new InvalidOperationException(_violation);
        if (Pending == 0) return false;
        var runnable = Take();
        var outer = SynchronizationContext.Current;
        var outerRunner = _runner;
        SynchronizationContext.SetSynchronizationContext(_context);
        Volatile.Write(ref _runner, Environment.CurrentManagedThreadId);
        try
        {
            Turns++;
            runnable.Run();
            return true;
        }
        finally
        {
            Volatile.Write(ref _runner, outerRunner);
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    /// <summary>Runs turns until none waits; time stands still.</summary>
    /// <param name="turnsMax">Turns after which a run that does not come to rest is given up.</param>
    /// <exception cref="InvalidOperationException">There was no rest within <paramref name="turnsMax"/> turns.</exception>
    public void RunUntilIdle(long turnsMax = 10_000_000)
    {
        for (var turns = 0L; RunOne(); turns++)
        {
            if (turns >= turnsMax) throw new InvalidOperationException($"Not idle after {turnsMax} turns: actors keep each other busy without end.");
        }
    }

    /// <summary>Moves time on by <paramref name="span"/>, stopping at each timer to run until idle.</summary>
    public void Advance(TimeSpan span)
    {
        var target = Time.Elapsed + span;
        RunUntilIdle();
        while (Time.FireNextWithin(target - Time.Elapsed)) RunUntilIdle();
        Time.Advance(target - Time.Elapsed);
    }

    /// <summary>Runs an asynchronous function to its end, moving time on from timer to timer whenever all else is idle.</summary>
    /// <param name="function">What to run; its awaits come back to this thread.</param>
    /// <param name="limit">Virtual time after which it is given up; null for an hour.</param>
    /// <exception cref="InvalidOperationException">Nothing is left to run and no timer armed, or the limit is over.</exception>
    public T Run<T>(Func<Task<T>> function, TimeSpan? limit = null)
    {
        return ((Task<T>)RunToEnd(function, limit)).GetAwaiter().GetResult();
    }

    /// <inheritdoc cref="Run{T}(Func{Task{T}}, TimeSpan?)"/>
    public void Run(Func<Task> function, TimeSpan? limit = null) => RunToEnd(function, limit).GetAwaiter().GetResult();

    private Task RunToEnd(Func<Task> function, TimeSpan? limit)
    {
        ArgumentNullException.ThrowIfNull(function);
        var end = Time.Elapsed + (limit ?? TimeSpan.FromHours(1));
        Task? task = null;
        _context.Post(_ => task = function(), null);
        RunUntilIdle();
        while (!task!.IsCompleted)
        {
            if (!Time.FireNextWithin(end - Time.Elapsed))
                throw new InvalidOperationException("The function waits for something that no timer and no actor will bring before the limit.");
            RunUntilIdle();
        }

        return task;
    }

    private IRunnable Take()
    {
        if (_random is not null)
        {
            var index = _random.Next(_runnable.Count);
            var chosen = _runnable[index];
            _runnable[index] = _runnable[^1];
            _runnable.RemoveAt(_runnable.Count - 1);
            return chosen;
        }

        var first = _runnable[_head];
        if (++_head == _runnable.Count || _head >= 4_096)
        {
            _runnable.RemoveRange(0, _head);
            _head = 0;
        }

        return first;
    }

    private sealed class Context(DeterministicDispatcher dispatcher) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => dispatcher.Schedule(new Posted(d, state));

        public override void Send(SendOrPostCallback d, object? state) => d(state);

        public override SynchronizationContext CreateCopy() => this;
    }

    private sealed class Posted(SendOrPostCallback callback, object? state) : IRunnable
    {
        public void Run() => callback(state);

        public void Execute() => Run();
    }
}
