namespace Cascade.Actors;

/// <summary>The ref of an actor of this process. It holds little, since every entity has one for life.</summary>
internal sealed class LocalActorRef : IInternalActorRef
{
    private readonly string _name;
    private readonly int _uid;

    public LocalActorRef(ActorSystem system, Props props, IInternalActorRef parent, string name, int uid)
    {
        Parent = parent;
        _name = name;
        _uid = uid;
        Mailbox = new ActorCell(system, this, props).Mailbox;
    }

    public Mailbox Mailbox { get; }

    public IInternalActorRef Parent { get; }

    public string Name => _name;

    public int Uid => _uid;

    public ActorSystem System => Mailbox.Cell.System;

    public ActorPath Path => new(Parent.Path, _name, _uid);

    public void Start() => Mailbox.Start();

    public void Tell(object message, IActorRef? sender)
    {
        ArgumentNullException.ThrowIfNull(message);
        Mailbox.Post(message, sender);
    }

    public void SendSystemMessage(SystemMessage message) => Mailbox.PostSystem(message);

    public override string ToString() => $"[{Path}#{_uid}]";
}
