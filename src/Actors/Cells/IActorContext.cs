namespace Cascade.Actors;

/// <summary>Handles a message; false when it has no use for it.</summary>
public delegate bool Receive(object message);

/// <summary>What an actor sees of its surroundings. Only for use in the actor's own turns, unless said otherwise.</summary>
public interface IActorContext : IActorRefFactory
{
    /// <summary>The actor's own ref; usable anywhere.</summary>
    IActorRef Self { get; }

    /// <summary>Who sent the message in hand; the dead letters when nobody did.</summary>
    IActorRef Sender { get; }

    /// <summary>The actor that started this one.</summary>
    IActorRef Parent { get; }

    /// <summary>The system; usable anywhere.</summary>
    ActorSystem System { get; }

    /// <summary>How this actor was made.</summary>
    Props Props { get; }

    /// <summary>The span set by <see cref="SetReceiveTimeout"/>; null when none is.</summary>
    TimeSpan? ReceiveTimeout { get; }

    /// <summary>The children that have not stopped yet, in no particular order.</summary>
    IReadOnlyList<IActorRef> GetChildren();

    /// <summary>The child of that name, or <see cref="ActorRefs.Nobody"/>.</summary>
    IActorRef Child(string name);

    /// <summary>Asks for one <see cref="Terminated"/> when <paramref name="subject"/> stops or has stopped. Repeating it changes nothing.</summary>
    IActorRef Watch(IActorRef subject);

    /// <summary>As <see cref="Watch"/>, with a message of one's own in place of <see cref="Terminated"/>.</summary>
    /// <exception cref="InvalidOperationException">The actor is watched already; unwatch it first.</exception>
    IActorRef WatchWith(IActorRef subject, object message);

    /// <summary>Takes a watch back; no <see cref="Terminated"/> of it comes after this, even one under way.</summary>
    IActorRef Unwatch(IActorRef subject);

    /// <summary>Asks for <see cref="Actors.ReceiveTimeout"/> whenever nothing came for that long; null ends it.</summary>
    void SetReceiveTimeout(TimeSpan? timeout);

    /// <summary>Handles messages by <paramref name="receive"/> from the next on, in place of the present behaviour.</summary>
    void Become(Receive receive);

    /// <summary>As <see cref="Become"/>, keeping the present behaviour to come back to.</summary>
    void BecomeStacked(Receive receive);

    /// <summary>Goes back to the behaviour before the last <see cref="BecomeStacked"/>.</summary>
    void UnbecomeStacked();
}
