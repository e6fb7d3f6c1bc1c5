namespace Cascade.Actors;

/// <summary>A piece of work for a dispatcher: an actor's turn, or the completion of an ask.</summary>
public interface IRunnable : IThreadPoolWorkItem
{
    /// <summary>Does the work; never blocks for long, never throws.</summary>
    void Run();
}

/// <summary>Where actors' turns run. One runnable is never scheduled twice at a time by the engine.</summary>
public interface IDispatcher
{
    /// <summary>How many messages an actor may handle in one turn before others get theirs; at least 1.</summary>
    int Throughput { get; }

    /// <summary>
    /// True when completions of asks must go through <see cref="Schedule"/> because everything runs on one thread;
    /// false when they go to the thread pool.
    /// </summary>
    bool OwnsContinuations { get; }

    /// <summary>Runs <paramref name="runnable"/> soon; callable from any thread, never runs it inline.</summary>
    void Schedule(IRunnable runnable);
}
