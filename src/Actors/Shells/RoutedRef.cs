using Cascade.Core.Messages;

namespace Cascade.Actors.Shells;

/// <summary>
/// A ref that passes each message on to the actor that is in charge of it at that moment, here or on another node, with the sender unchanged. When nobody is,
/// the sender is answered <see cref="Moved"/>. It can be asked as an actor can.
/// </summary>
/// <param name="system">The system it belongs to.</param>
/// <param name="name">What to call it in logs.</param>
/// <param name="route">Who is in charge of a message; null for nobody. Called on any thread; must be quick and must not throw.</param>
public sealed class RoutedRef(ActorSystem system, string name, Func<object, IActorRef?> route) : IInternalActorRef
{
    ActorSystem? IInternalActorRef.System => system;

    /// <inheritdoc/>
    public ActorPath Path { get; } = new(system.DeadLetterRef.Path, name, 0);

    /// <inheritdoc/>
    public void Tell(object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (route(message) is { } actor)
            actor.Tell(message, sender);
        else
            sender?.Tell(Moved.Instance, this);
    }

    /// <summary>Whoever is in charge changes, so that there is nobody to watch: it counts as stopped.</summary>
    void IInternalActorRef.SendSystemMessage(SystemMessage message) => message.AnswerForDead(this, system);

    /// <inheritdoc/>
    public override string ToString() => $"[{name}, by the cluster's state]";
}
