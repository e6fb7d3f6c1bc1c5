namespace Cascade.Actors;

/// <summary>Where undeliverable messages end: each is published to the event stream as a <see cref="DeadLetter"/>.</summary>
internal sealed class DeadLetterActorRef(ActorSystem system, ActorPath path) : IInternalActorRef
{
    public ActorSystem System => system;

    public ActorPath Path => path;

    public void Tell(object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);
        Publish(message as DeadLetter ?? new DeadLetter(message, sender, this));
    }

    public void SendSystemMessage(SystemMessage message) => message.AnswerForDead(this, system);

    /// <summary>Publishes the letter; when it came from an ask, the ask fails at once with <paramref name="reason"/>.</summary>
    public void Reject(object message, IActorRef? sender, IActorRef recipient, Func<IActorRef, object, Exception> reason)
    {
        Publish(new DeadLetter(message, sender, recipient));
        if (sender is IAskPromise promise) promise.Fail(reason(recipient, message));
    }

    private void Publish(DeadLetter letter)
    {
        system.CountDeadLetter();
        system.EventStream.Publish(letter);
    }

    public override string ToString() => "[deadLetters]";
}
