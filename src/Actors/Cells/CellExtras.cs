namespace Cascade.Actors;

/// <summary>What only some actors use, kept apart so that an idle entity does not pay for it.</summary>
internal sealed class CellExtras
{
    public Dictionary<string, LocalActorRef>? Children;
    /// <summary>Children told to stop that have not yet; a restart waits for them, so that their names are free again.</summary>
    public HashSet<LocalActorRef>? Dying;
    public Dictionary<LocalActorRef, RestartStatistics>? Restarts;
    public int ChildrenNamed;

    /// <summary>Watched actors, each with the message to send in place of <see cref="Terminated"/>, if any.</summary>
    public Dictionary<IActorRef, object?>? Watching;
    public HashSet<IActorRef>? TerminatedQueued;
    public List<IInternalActorRef>? WatchedBy;

    public Stack<Receive?>? Behaviors;
    public ReceiveTimeoutTimer? ReceiveTimeout;
    public ActorTimers? Timers;
    public MessageStash? Stash;
    public ActorSynchronizationContext? SynchronizationContext;
    public Task? Handler;
    public object? FailedAt;
    public Exception? PendingRestart;
}
