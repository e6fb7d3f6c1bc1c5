namespace Cascade.Actors;

/// <summary>A tree of actors and what they share: a dispatcher, a clock, an event stream. Thread-safe.</summary>
public sealed class ActorSystem : IActorRefFactory, IDisposable
{
    private readonly TaskCompletionSource _terminated;
    private readonly Dictionary<Type, object> _extensions = [];
    private readonly LocalActorRef _user;
    private readonly LocalActorRef _internal;
    private readonly ActorPath _temp;
    private int _uid;
    private int _asks;
    private long _deadLetters;

    private ActorSystem(string name, ActorSystemSettings settings)
    {
        Name = name;
        Settings = settings;
        Dispatcher = settings.Dispatcher;
        Time = settings.Time;
        Timers = new TimerWheel(Time);
        _terminated = new TaskCompletionSource(
            Dispatcher.OwnsContinuations ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
        var root = new ActorPath(new Address("cascade", name));
        _temp = new ActorPath(root, "temp", 0);
        DeadLetterRef = new DeadLetterActorRef(this, new ActorPath(root, "deadLetters", 0));
        var guardian = new RootGuardian(this, root);
        var strategy = settings.GuardianStrategy;
        _user = new LocalActorRef(this, Props.Create(() => new GuardianActor(strategy)), guardian, "user", NextUid());
        _internal = new LocalActorRef(
            this, Props.Create(static () => new GuardianActor(SupervisorStrategy.DefaultStrategy)), guardian, "system", NextUid());
        _user.Start();
        _internal.Start();
    }

    /// <summary>The system's name, part of every path.</summary>
    public string Name { get; }

    /// <summary>What the system was made with.</summary>
    public ActorSystemSettings Settings { get; }

    /// <summary>The system's clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>Where actors run unless their props say otherwise.</summary>
    public IDispatcher Dispatcher { get; }

    /// <summary>Events by type: dead letters, errors, one's own.</summary>
    public EventStream EventStream { get; } = new();

    /// <summary>The end of undeliverable messages; each is published as a <see cref="DeadLetter"/>.</summary>
    public IActorRef DeadLetters => DeadLetterRef;

    /// <summary>How many messages have become dead letters.</summary>
    public long DeadLetterCount => Interlocked.Read(ref _deadLetters);

    /// <summary>Completes when every actor has stopped.</summary>
    public Task WhenTerminated => _terminated.Task;

    internal bool IsTerminated { get; private set; }

    internal DeadLetterActorRef DeadLetterRef { get; }

    internal TimerWheel Timers { get; }

    /// <summary>Makes a system with no actors yet.</summary>
    /// <param name="name">Letters, digits, <c>-</c> and <c>_</c>, as a part of paths.</param>
    /// <param name="settings">Null for the defaults.</param>
    public static ActorSystem Create(string name, ActorSystemSettings? settings = null)
    {
        if (!ActorPath.IsValidPathElement(name))
            throw new ArgumentException($"'{name}' is no system name: use letters, digits, - and _.", nameof(name));
        return new ActorSystem(name, settings ?? new ActorSystemSettings());
    }

    /// <inheritdoc/>
    public IActorRef ActorOf(Props props, string? name = null) => _user.Mailbox.Cell.ActorOf(props, name);

    /// <inheritdoc/>
    public void Stop(IActorRef actor) => actor.AsInternal().SendSystemMessage(new Terminate());

    /// <summary>Stops all actors, the top-level ones and their trees first. Repeating it changes nothing.</summary>
    /// <returns>The same task as <see cref="WhenTerminated"/>.</returns>
    public Task Terminate()
    {
        Stop(_user);
        return WhenTerminated;
    }

    /// <summary>Begins to terminate, without waiting.</summary>
    public void Dispose() => _ = Terminate();

    internal IActorRef SystemActorOf(Props props, string name) => _internal.Mailbox.Cell.ActorOf(props, name);

    /// <summary>The root of a tree that paths may name: <c>user</c> or <c>system</c>; null for another name.</summary>
    internal LocalActorRef? Guardian(ReadOnlySpan<char> name) => name switch
    {
        "user" => _user,
        "system" => _internal,
        _ => null,
    };

    internal T Extension<T>(Func<ActorSystem, T> create)
        where T : class
    {
        lock (_extensions)
        {
            if (!_extensions.TryGetValue(typeof(T), out var extension)) _extensions.Add(typeof(T), extension = create(this));
            return (T)extension;
        }
    }

    internal T? FindExtension<T>()
        where T : class
    {
        lock (_extensions)
            return _extensions.GetValueOrDefault(typeof(T)) as T;
    }

    internal int NextUid() => Interlocked.Increment(ref _uid);

    internal ActorPath NextAskPath() => new(_temp, $"ask{Interlocked.Increment(ref _asks)}", 0);

    internal void CountDeadLetter() => Interlocked.Increment(ref _deadLetters);

    internal void Publish(LogEvent logEvent)
    {
        Settings.LogSink?.Invoke(logEvent);
        EventStream.Publish(logEvent);
    }

    internal void RejectDead(Envelope envelope, IActorRef recipient) => DeadLetterRef.Reject(
        envelope.Message, envelope.Sender, recipient,
        static (actor, message) => new DeadLetterException($"{actor} has stopped; {message.GetType()} was not handled."));

    internal void RejectFull(Envelope envelope, IActorRef recipient) => DeadLetterRef.Reject(
        envelope.Message, envelope.Sender, recipient,
        static (actor, message) => new MailboxFullException($"The mailbox of {actor} is full; {message.GetType()} was not taken. Retry later."));

    internal void OnGuardianTerminated(LocalActorRef guardian)
    {
        if (guardian == _user)
        {
            Stop(_internal);
            return;
        }

        IsTerminated = true;
        Timers.Dispose();
        _terminated.TrySetResult();
    }
}
