namespace Cascade.Tiers.Mpi;

/// <summary>Knows whether threads of this rank poll MPI for large pulls of its own. Thread-safe.</summary>
/// <remarks>
/// Whoever polls moves everything, what others read of this rank as well. A thread that polled for those alone beside it would wait for the library's lock most of the time,
/// take that for work, and never rest: a core lost, and the pull's own thread held up.
/// </remarks>
internal sealed class OwnPolls
{
    private readonly object _turn = new();
    private int _threads;

    /// <summary>True while a thread polls.</summary>
    public bool Any => Volatile.Read(ref _threads) > 0;

    /// <summary>A thread polls from now on.</summary>
    public void Begin() => Interlocked.Increment(ref _threads);

    /// <summary>It does no more.</summary>
    public void End()
    {
        if (Interlocked.Decrement(ref _threads) > 0)
            return;
        lock (_turn)
            Monitor.PulseAll(_turn);
    }

    /// <summary>Waits until no thread does, at most so long.</summary>
    public void AwaitEnd(TimeSpan atMost)
    {
        lock (_turn)
        {
            if (Any)
                Monitor.Wait(_turn, atMost);
        }
    }
}
