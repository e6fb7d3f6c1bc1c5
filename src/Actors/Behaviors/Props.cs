namespace Cascade.Actors;

/// <summary>How to make an actor: a factory, and the settings of its mailbox, supervision and dispatcher. Immutable.</summary>
public sealed class Props
{
    private readonly Func<ActorBase> _factory;

    private Props(Func<ActorBase> factory) => _factory = factory;

    private Props(Props other)
    {
        _factory = other._factory;
        MailboxCapacity = other.MailboxCapacity;
        SupervisorStrategy = other.SupervisorStrategy;
        Dispatcher = other.Dispatcher;
    }

    /// <summary>The static type of what the factory makes.</summary>
    public Type Type => _factory.GetType().GetGenericArguments()[0];

    /// <summary>Messages the mailbox holds at most; 0 for the system's default.</summary>
    public int MailboxCapacity { get; private init; }

    /// <summary>How the actor supervises its children, in place of its own choice.</summary>
    public SupervisorStrategy? SupervisorStrategy { get; private init; }

    /// <summary>Where its turns run, in place of the system's dispatcher.</summary>
    public IDispatcher? Dispatcher { get; private init; }

    /// <summary>Props by a factory, which runs at the start and at every restart: <c>Props.Create(() => new Worker(port))</c>.</summary>
    public static Props Create<TActor>(Func<TActor> factory)
        where TActor : ActorBase
    {
        ArgumentNullException.ThrowIfNull(factory);
        return new Props(factory);
    }

    /// <summary>Props of an actor that needs nothing.</summary>
    public static Props Create<TActor>()
        where TActor : ActorBase, new() => Create(static () => new TActor());

    /// <summary>
    /// Bounds the mailbox. A message told to a full mailbox goes to the dead letters, and when it was asked the ask fails at once
    /// with <see cref="MailboxFullException"/>; signals of the engine (stop, watch, timers) are never dropped.
    /// </summary>
    /// <param name="capacity">Messages that may wait, from 1 to 2^30.</param>
    public Props WithMailbox(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 1 << 30);
        return new Props(this) { MailboxCapacity = capacity };
    }

    /// <summary>Sets how the actor supervises its children.</summary>
    public Props WithSupervisorStrategy(SupervisorStrategy strategy) => new(this) { SupervisorStrategy = strategy };

    /// <summary>Sets where the actor's turns run.</summary>
    public Props WithDispatcher(IDispatcher dispatcher) => new(this) { Dispatcher = dispatcher };

    internal ActorBase NewActor() => _factory();
}
