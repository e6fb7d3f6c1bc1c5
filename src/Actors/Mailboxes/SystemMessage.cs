namespace Cascade.Actors;

/// <summary>A lifecycle signal: handled before user messages, also by a suspended actor, never dropped.</summary>
internal abstract class SystemMessage
{
    public SystemMessage? Next;

    /// <summary>What happens to the signal when its receiver has stopped.</summary>
    public virtual void AnswerForDead(IActorRef receiver, ActorSystem? system)
    {
    }
}

internal sealed class Terminate : SystemMessage;

internal sealed class Suspend : SystemMessage;

/// <summary>Ends a suspension: the receiver's own failure, or the one it was suspended for with its parent.</summary>
internal sealed class Resume(bool isAfterOwnFailure) : SystemMessage
{
    public bool IsAfterOwnFailure => isAfterOwnFailure;
}

internal sealed class Recreate(Exception cause) : SystemMessage
{
    public Exception Cause => cause;
}

internal sealed class Failed(LocalActorRef child, Exception cause) : SystemMessage
{
    public LocalActorRef Child => child;

    public Exception Cause => cause;
}

internal sealed class ChildTerminated(LocalActorRef child) : SystemMessage
{
    public LocalActorRef Child => child;
}

internal sealed class Watch(IInternalActorRef watcher) : SystemMessage
{
    public IInternalActorRef Watcher => watcher;

    public override void AnswerForDead(IActorRef receiver, ActorSystem? system) =>
        watcher.SendSystemMessage(new DeathWatchNotification(receiver));
}

internal sealed class Unwatch(IInternalActorRef watcher) : SystemMessage
{
    public IInternalActorRef Watcher => watcher;
}

internal sealed class DeathWatchNotification(IActorRef actor) : SystemMessage
{
    public IActorRef Actor => actor;
}

/// <summary>The rest of an asynchronous handler, to be run in the actor's own turn.</summary>
internal sealed class Continuation(SendOrPostCallback callback, object? state) : SystemMessage, IRunnable
{
    public void Run() => callback(state);

    public void Execute() => Run();

    /// <summary>A handler outlived its actor: its rest still runs, so that its <c>finally</c> blocks do.</summary>
    public override void AnswerForDead(IActorRef receiver, ActorSystem? system) => system?.Dispatcher.Schedule(this);
}
