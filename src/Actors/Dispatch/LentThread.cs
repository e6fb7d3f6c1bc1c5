namespace Cascade.Actors;

/// <summary>
/// Lets an asker's thread carry out the turns that its question brings about, instead of waking another thread for each: on an idle
/// system the answer is there when Ask returns.
/// </summary>
/// <remarks>
/// Waking a sleeping thread costs some ten microseconds, a turn well under one. Bounded: after <see cref="TurnsMax"/> turns, or once
/// the answer is there, what is left goes to the thread pool. Never within a turn, so turns do not nest.
/// </remarks>
internal static class LentThread
{
    private const int TurnsMax = 32;

    [ThreadStatic]
    private static Queue<IRunnable>? _turns;

    [ThreadStatic]
    private static bool _isLent;

    /// <summary>Keeps a turn for this thread when it is lent; false when the turn has to go to the pool.</summary>
    public static bool TryKeep(IRunnable turn)
    {
        if (!_isLent) return false;
        _turns!.Enqueue(turn);
        return true;
    }

    /// <summary>Tells a question and carries out turns until it is answered or the bound is reached.</summary>
    public static void Ask(IActorRef target, object message, IActorRef promise, Task answer)
    {
        var turns = _turns ??= new Queue<IRunnable>();
        _isLent = true;
        try
        {
            target.Tell(message, promise);
            for (var left = TurnsMax; left > 0 && !answer.IsCompleted && turns.TryDequeue(out var turn); left--) turn.Run();
        }
        finally
        {
            _isLent = false;
            while (turns.TryDequeue(out var turn)) ThreadPool.UnsafeQueueUserWorkItem(turn, preferLocal: true);
        }
    }
}
