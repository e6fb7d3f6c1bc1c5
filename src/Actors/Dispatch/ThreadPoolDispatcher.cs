namespace Cascade.Actors;

/// <summary>Runs turns on the .NET thread pool, preferring the queue of the thread that schedules: an actor's reply is then
/// handled where its data is warm. A thread that asks from outside of any turn carries out the first turns by itself.</summary>
public sealed class ThreadPoolDispatcher : IDispatcher
{
    /// <summary>The default dispatcher: 100 messages a turn.</summary>
    public static ThreadPoolDispatcher Default { get; } = new(100);

    private readonly bool _runsOnAskers;

    /// <summary>Makes a dispatcher with its own turn length.</summary>
    /// <param name="throughput">Messages a turn, at least 1: longer turns switch less, shorter ones are fairer.</param>
    /// <param name="runsOnAskers">
    /// Whether a thread that asks may carry out the turns that answer. False for actors that block, or that take their time.
    /// </param>
    public ThreadPoolDispatcher(int throughput, bool runsOnAskers = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(throughput, 1);
        Throughput = throughput;
        _runsOnAskers = runsOnAskers;
    }

    /// <inheritdoc/>
    public int Throughput { get; }

    /// <inheritdoc/>
    public bool OwnsContinuations => false;

    /// <inheritdoc/>
    public void Schedule(IRunnable runnable)
    {
        if (!_runsOnAskers || !LentThread.TryKeep(runnable)) ThreadPool.UnsafeQueueUserWorkItem(runnable, preferLocal: true);
    }
}
