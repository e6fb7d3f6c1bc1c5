namespace Cascade.Actors;

/// <summary>Stops the actor that takes it, in its turn among the other messages.</summary>
public sealed class PoisonPill
{
    private PoisonPill()
    {
    }

    /// <summary>The only one.</summary>
    public static PoisonPill Instance { get; } = new();
}

/// <summary>Makes the actor that takes it fail with <see cref="ActorKilledException"/>.</summary>
public sealed class Kill
{
    private Kill()
    {
    }

    /// <summary>The only one.</summary>
    public static Kill Instance { get; } = new();
}

/// <summary>A watched actor has stopped; told exactly once for a watch.</summary>
/// <param name="ActorRef">The actor that stopped.</param>
public sealed record Terminated(IActorRef ActorRef);

/// <summary>Nothing came within the span set by <see cref="IActorContext.SetReceiveTimeout"/>.</summary>
public sealed class ReceiveTimeout
{
    private ReceiveTimeout()
    {
    }

    /// <summary>The only one.</summary>
    public static ReceiveTimeout Instance { get; } = new();
}

/// <summary>Marks messages that do not count as activity for the receive timeout.</summary>
public interface INotInfluenceReceiveTimeout;

/// <summary>The outcome of a request that has no reply type of its own.</summary>
public abstract record Status
{
    private Status()
    {
    }

    /// <summary>It went well.</summary>
    /// <param name="Value">What came of it, if anything.</param>
    public sealed record Success(object? Value = null) : Status;

    /// <summary>It failed; an asker's task throws <paramref name="Cause"/>.</summary>
    /// <param name="Cause">Why.</param>
    public sealed record Failure(Exception Cause) : Status;
}

/// <summary>Published for a message that could not be delivered: the receiver has stopped, or its mailbox was full.</summary>
/// <param name="Message">What was told.</param>
/// <param name="Sender">Who told it; null for nobody.</param>
/// <param name="Recipient">Whom it was meant for.</param>
public sealed record DeadLetter(object Message, IActorRef? Sender, IActorRef Recipient);

/// <summary>Published for a message that its receiver had no handler for.</summary>
/// <param name="Message">What was told.</param>
/// <param name="Sender">Who told it; null for nobody.</param>
/// <param name="Recipient">Who did not handle it.</param>
public sealed record UnhandledMessage(object Message, IActorRef? Sender, IActorRef Recipient);
