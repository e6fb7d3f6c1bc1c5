namespace Cascade.Actors;

/// <summary>An actor could not be constructed or its start hook threw.</summary>
public sealed class ActorInitializationException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>An actor was told <see cref="Kill"/>.</summary>
public sealed class ActorKilledException(string message) : Exception(message);

/// <summary>An actor got <see cref="Terminated"/> and had no handler for it.</summary>
public sealed class DeathPactException(IActorRef dead)
    : Exception($"{dead} stopped and its watcher has no handler for Terminated; handle it or do not watch.")
{
    /// <summary>Who stopped.</summary>
    public IActorRef DeadActor { get; } = dead;
}

/// <summary>An actor's name is taken or malformed.</summary>
public sealed class InvalidActorNameException(string message) : Exception(message);

/// <summary>No reply came to an ask before its deadline.</summary>
public sealed class AskTimeoutException(string message) : TimeoutException(message);

/// <summary>The receiver's mailbox, or a shard region's buffer, had no room for an asked message.</summary>
public sealed class MailboxFullException(string message) : Exception(message);

/// <summary>The receiver of an asked message has stopped, so that no reply can come.</summary>
public sealed class DeadLetterException(string message) : Exception(message);

/// <summary>An ask was answered with a message of another type than it waits for.</summary>
public sealed class UnexpectedReplyException(string message) : Exception(message);

/// <summary>An actor stashed more messages than its stash holds.</summary>
public sealed class StashOverflowException(string message) : Exception(message);
