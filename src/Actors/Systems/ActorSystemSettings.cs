namespace Cascade.Actors;

/// <summary>What a system is made with; the defaults serve a node under real time.</summary>
public sealed record ActorSystemSettings
{
    /// <summary>All time of the system: timers, deadlines, stamps.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where actors run unless their props say otherwise.</summary>
    public IDispatcher Dispatcher { get; init; } = ThreadPoolDispatcher.Default;

    /// <summary>
    /// Messages a mailbox holds unless the props say otherwise. 65,536 messages of 48 bytes and their payloads are some
    /// megabytes: enough for a burst, little enough that a stuck actor does not eat the node.
    /// </summary>
    public int DefaultMailboxCapacity { get; init; } = 65_536;

    /// <summary>Messages an actor's stash holds.</summary>
    public int StashCapacity { get; init; } = 4_096;

    /// <summary>The deadline of asks that name none; <see cref="Timeout.InfiniteTimeSpan"/> for none.</summary>
    public TimeSpan AskTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How the top-level actors are supervised. Escalating ends the system.</summary>
    public SupervisorStrategy GuardianStrategy { get; init; } = SupervisorStrategy.DefaultStrategy;

    /// <summary>Takes what should be logged, on the thread where it happened; must be quick and must not throw.</summary>
    public Action<LogEvent>? LogSink { get; init; }
}
