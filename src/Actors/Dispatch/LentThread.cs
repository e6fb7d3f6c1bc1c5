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
    private static Queue<IRunnable>? t_turns;

    [ThreadStatic]
    private static bool t_isLent;

    /// <summary>Keeps a turn for this thread when it is lent; false when the turn has to go to the pool.</summary>
    public static bool TryKeep(IRunnable turn)
    {
        if (!t_isLent) return false;
        t_turns!.Enqueue(turn);
        return true;
    }

    /// <summary>Tells a question and carries out turns until it is answered or the bound is reached.</summary>
    public static void Ask(IActorRef target, object message, IActorRef promise, Task answer)
    {
        var turns = t_turns ??= new Queue<IRunnable>();
        t_isLent = true;
        try
        {
            target.Tell(message, promise);
            for (var left = TurnsMax; left > 0 && !answer.IsCompleted && turns.TryDequeue(out var turn); left--) turn.Run();
        }
        finally
        {
            t_isLent = false;
            while (turns.TryDequeue(out var turn)) ThreadPool.UnsafeQueueUserWorkItem(turn, preferLocal: true);
        }
    }
}
