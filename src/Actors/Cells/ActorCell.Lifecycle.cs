namespace Cascade.Actors;

internal sealed partial class ActorCell
{
    public void InvokeSystem(SystemMessage message)
    {
        try
        {
            Handle(message);
        }
        catch (Exception cause)
        {
            Fail(cause);
        }
    }

    private void Handle(SystemMessage message)
    {
        switch (message)
        {
            case Continuation continuation:
                RunContinuation(continuation);
                break;
            case ChildTerminated terminated:
                OnChildTerminated(terminated.Child);
                break;
            case Failed failed:
                OnChildFailed(failed.Child, failed.Cause);
                break;
            case DeathWatchNotification notification:
                OnWatchedTerminated(notification.Actor);
                break;
            case Watch watch:
                AddWatcher(watch.Watcher);
                break;
            case Unwatch unwatch:
                _extras?.WatchedBy?.Remove(unwatch.Watcher);
                break;
            case Terminate:
                BeginTerminate();
                break;
            case Recreate recreate:
                BeginRestart(recreate.Cause);
                break;
            case Suspend:
                OnSuspend();
                break;
            case Resume resume:
                OnResume(resume.IsAfterOwnFailure);
                break;
            default:
                throw new InvalidOperationException($"{message.GetType()} is no signal of the engine.");
        }
    }

    private void BeginTerminate()
    {
        if (_state is CellState.Terminating or CellState.Terminated) return;
        LeaveInstance();
        lock (Extras)
        {
            _state = CellState.Terminating;
        }

        _suspension |= InLifecycle;
        var children = ChildRefs();
        if (children.Length == 0) FinishTerminate();
        foreach (var child in children) Stop(child);
    }

    private void FinishTerminate()
    {
        CallHook(static actor => actor.AroundPostStop(), "PostStop");
        var extras = Extras;
        extras.Stash?.UnstashAll();
        _state = CellState.Terminated;
        Mailbox.Close();
        (_actor, _behavior, _message, _extras) = (null, null, null, null);
        SelfRef.Parent.SendSystemMessage(new ChildTerminated(SelfRef));
        foreach (var watched in extras.Watching?.Keys ?? Enumerable.Empty<IActorRef>())
            watched.AsInternal().SendSystemMessage(new Unwatch(SelfRef));
        foreach (var watcher in extras.WatchedBy ?? Enumerable.Empty<IInternalActorRef>())
            watcher.SendSystemMessage(new DeathWatchNotification(SelfRef));
    }

    private void BeginRestart(Exception cause)
    {
        if (_state != CellState.Running) return;
        var failedAt = _extras?.FailedAt;
        CallHook(actor => actor.AroundPreRestart(cause, failedAt), "PreRestart");
        _extras?.Stash?.UnstashAll();
        LeaveInstance();
        _actor = null;
        Extras.PendingRestart = cause;
        _state = CellState.Restarting;
        _suspension |= InLifecycle;
        if (!HasDyingChildren) FinishRestart();
    }

    private void FinishRestart()
    {
        var cause = Extras.PendingRestart!;
        Extras.PendingRestart = null;
        _state = CellState.Running;
        _suspension &= ~(InLifecycle | HasFailed);
        var survivors = ChildRefs();
        try
        {
            _actor = NewInstance();
            _actor.AroundPostRestart(cause);
        }
        catch (Exception failure)
        {
            _actor = null;
            Fail(InitializationFailure(failure));
        }

        // Children that PreRestart spared were suspended with their parent; they start afresh with it.
        foreach (var child in survivors)
        {
            child.SendSystemMessage(new Recreate(cause));
            child.SendSystemMessage(new Resume(isAfterOwnFailure: false));
        }
    }

    /// <summary>Ends what belongs to the instance alone: timers, receive timeout, behaviours, an unfinished handler.</summary>
    private void LeaveInstance()
    {
        _behavior = null;
        _suspension &= ~AwaitsHandler;
        if (_extras is not { } extras) return;
        extras.Timers?.CancelAll();
        extras.ReceiveTimeout?.Disarm();
        (extras.ReceiveTimeout, extras.Handler, extras.Behaviors, extras.FailedAt) = (null, null, null, null);
    }

    private void CallHook(Action<ActorBase> hook, string name)
    {
        if (_actor is null) return;
        try
        {
            hook(_actor);
        }
        catch (Exception cause)
        {
            System.Publish(new Error(cause, Self.Path.ToString(), $"{name} threw; the actor's instance is left all the same."));
        }
    }
}
