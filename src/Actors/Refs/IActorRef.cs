namespace Cascade.Actors;

/// <summary>Something that takes messages.</summary>
public interface ICanTell
{
    /// <summary>Sends <paramref name="message"/> and returns at once; callable from any thread, never blocks.</summary>
    /// <param name="message">What to send; immutable by convention.</param>
    /// <param name="sender">Whom the receiver sees as its <c>Sender</c>; null for nobody.</param>
    void Tell(object message, IActorRef? sender);
}

/// <summary>The handle of an actor: survives restarts, may outlive the actor, may name an actor of another node.</summary>
public interface IActorRef : ICanTell
{
    /// <summary>Where the actor lives in the tree of its system.</summary>
    ActorPath Path { get; }
}

/// <summary>What makes actors: the system (top level) or an actor's context (children).</summary>
public interface IActorRefFactory
{
    /// <summary>Starts an actor; it is created on its own first turn.</summary>
    /// <param name="props">How to make it.</param>
    /// <param name="name">Its name among its siblings; null draws one.</param>
    /// <exception cref="InvalidActorNameException">The name is taken or not a valid path element.</exception>
    IActorRef ActorOf(Props props, string? name = null);

    /// <summary>Asks an actor to stop after the message it is working on.</summary>
    void Stop(IActorRef actor);
}

/// <summary>Refs that stand for no actor, and what may be asked of any.</summary>
public static class ActorRefs
{
    /// <summary>The sender of a message that nobody sent.</summary>
    public static IActorRef? NoSender => null;

    /// <summary>A ref that swallows what it is told.</summary>
    public static IActorRef Nobody => NobodyRef.Instance;

    /// <summary>
    /// True for an actor of another node's former life: that node was started anew since, as far as is known here. What such an actor said waited on its way,
    /// in a mailbox or a buffer, while its node may have said otherwise.
    /// </summary>
    /// <remarks>Takes no lock; any thread may ask.</remarks>
    public static bool IsOfFormerLife(this IActorRef actor) => actor is Remoting.Refs.RemoteRef { IsOfFormerLife: true };
}

/// <summary>Telling with the current actor as the sender.</summary>
public static class ActorRefImplicitSenderExtensions
{
    /// <summary>Sends with the actor whose turn this thread runs as the sender, or none outside of a turn.</summary>
    public static void Tell(this ICanTell receiver, object message)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        receiver.Tell(message, ActorCell.Current?.Self);
    }

    /// <summary>Passes a message on under the sender of the message that is being handled.</summary>
    public static void Forward(this ICanTell receiver, object message)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        receiver.Tell(message, ActorCell.Current?.SenderOrNull);
    }

    /// <summary>True for null and for <see cref="ActorRefs.Nobody"/>.</summary>
    public static bool IsNobody(this IActorRef? actor) => actor is null or NobodyRef;
}
