namespace Cascade.Actors;

/// <summary>The ref that an asked actor replies to and the source of the asker's task, in one object.</summary>
/// <remarks>
/// The asker's continuation never runs inside the replying actor's turn: it goes to the thread pool's local queue, or through
/// the dispatcher where that owns continuations. So an asker cannot hold up or re-enter whom it asked.
/// </remarks>
internal sealed class AskPromise<T>(ActorSystem system, IActorRef target) : TaskCompletionSource<T>(
    system.Dispatcher.OwnsContinuations ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously), IAskPromise, IRunnable
{
    private AskDeadline? _deadline;
    private ActorPath? _path;
    private object? _outcome;

    public ActorSystem System => system;

    public bool IsSettled => Volatile.Read(ref _outcome) is not null || Task.IsCompleted;

    public ActorPath Path => _path ??= system.NextAskPath();

    public void Arm(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var deadline = new AskDeadline(this, timeout);
        _deadline = deadline;
        if (timeout != Timeout.InfiniteTimeSpan) system.Timers.Schedule(deadline, timeout);
        deadline.Register(cancellationToken);
    }

    public void Tell(object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message is Status.Failure failure && typeof(T) != typeof(Status) && typeof(T) != typeof(Status.Failure))
        {
            Fail(failure.Cause);
        }
        else if (message is T reply)
        {
            if (!system.Dispatcher.OwnsContinuations) Finish(TrySetResult(reply));
            else Settle(message);
        }
        else
        {
            Fail(new UnexpectedReplyException($"{target} was asked for {typeof(T)} and replied {message.GetType()}; ask for what it replies."));
        }
    }

    public void Fail(Exception cause)
    {
        if (!system.Dispatcher.OwnsContinuations) Finish(TrySetException(cause));
        else Settle(new Faulted(cause));
    }

    public void Cancel(CancellationToken cancellationToken)
    {
        if (!system.Dispatcher.OwnsContinuations) Finish(TrySetCanceled(cancellationToken));
        else Settle(new Faulted(new OperationCanceledException(cancellationToken)));
    }

    public void FailLate(TimeSpan timeout) => Fail(new AskTimeoutException(system.IsTerminated
        ? $"The system of {target} terminated before a reply with {typeof(T)} came."
        : $"{target} did not reply with {typeof(T)} within {timeout}."));

    /// <summary>A promise cannot be watched to any use: it counts as stopped.</summary>
    public void SendSystemMessage(SystemMessage message) => message.AnswerForDead(this, system);

    void IThreadPoolWorkItem.Execute() => Run();

    public void Run()
    {
        // Without a context continuations that wanted none run here; those that wanted one are posted to it.
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        if (_outcome is not Faulted faulted) TrySetResult((T)_outcome!);
        else if (faulted.Cause is OperationCanceledException cancelled) TrySetCanceled(cancelled.CancellationToken);
        else TrySetException(faulted.Cause);
        SynchronizationContext.SetSynchronizationContext(outer);
    }

    public override string ToString() => $"[{Path}]";

    private void Settle(object outcome)
    {
        if (Interlocked.CompareExchange(ref _outcome, outcome, null) is not null) return;
        Finish(won: true);
        system.Dispatcher.Schedule(this);
    }

    private void Finish(bool won)
    {
        if (won) _deadline?.Disarm(system.Timers);
    }

    private sealed record Faulted(Exception Cause);

    private sealed class AskDeadline(AskPromise<T> promise, TimeSpan timeout) : TimerEntry
    {
        private CancellationTokenRegistration _registration;
        private CancellationToken _token;

        public void Register(CancellationToken cancellationToken)
        {
            if (!cancellationToken.CanBeCanceled) return;
            _token = cancellationToken;
            _registration = cancellationToken.UnsafeRegister(
                static state => ((AskDeadline)state!).OnCancelled(), this);
        }

        public void Disarm(TimerWheel timers)
        {
            timers.Cancel(this);
            _registration.Unregister();
        }

        public override void Fire() => promise.FailLate(timeout);

        private void OnCancelled() => promise.Cancel(_token);
    }
}
