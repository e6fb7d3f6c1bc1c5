namespace Cascade.Actors;

internal sealed class NobodyRef : IInternalActorRef
{
    public static readonly NobodyRef Instance = new();

    private NobodyRef()
    {
    }

    public ActorPath Path { get; } = new(new ActorPath(new Address("cascade", "all-systems")), "Nobody", 0);

    public ActorSystem? System => null;

    public void Tell(object message, IActorRef? sender)
    {
    }

    public void SendSystemMessage(SystemMessage message) => message.AnswerForDead(this, null);

    public override string ToString() => "[Nobody]";
}
