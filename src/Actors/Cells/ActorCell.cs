namespace Cascade.Actors;

/// <summary>An actor's inside: its instance, behaviour and surroundings. Touched only in the actor's own turns.</summary>
internal sealed partial class ActorCell : IActorContext
{
    /// <summary>The cell whose turn this thread runs; the implicit sender of what is told meanwhile.</summary>
    [ThreadStatic]
    public static ActorCell? Current;

    [ThreadStatic]
    private static ActorCell? _constructing;

    private readonly Props _props;
    private ActorBase? _actor;
    private Receive? _behavior;
    private Envelope? _message;
    private CellExtras? _extras;
    private int _suspension;
    private CellState _state;

    public ActorCell(ActorSystem system, LocalActorRef self, Props props)
    {
        System = system;
        SelfRef = self;
        _props = props;
        Mailbox = new Mailbox(this, props.MailboxCapacity > 0 ? props.MailboxCapacity : system.Settings.DefaultMailboxCapacity);
    }

    private enum CellState : byte
    {
        New,
        Running,
        Restarting,
        Terminating,
        Terminated,
    }

    public Mailbox Mailbox { get; }

    public ActorSystem System { get; }

    public LocalActorRef SelfRef { get; }

    public IActorRef Self => SelfRef;

    public Envelope? MessageInHand => _message;

    public IActorRef? SenderOrNull => _message?.Sender;

    public IActorRef Sender => _message?.Sender ?? System.DeadLetters;

    public IActorRef Parent => SelfRef.Parent;

    public Props Props => _props;

    public IDispatcher Dispatcher => _props.Dispatcher ?? System.Dispatcher;

    public bool IsSuspended => _suspension != 0;

    public bool IsTerminated => _state == CellState.Terminated;

    private CellExtras Extras => _extras ??= new CellExtras();

    /// <summary>The cell that is constructing an instance on this thread; an instance can take it once.</summary>
    public static ActorCell? TakeConstructing()
    {
        var cell = _constructing;
        _constructing = null;
        return cell;
    }

    public void EnsureCreated()
    {
        if (_state != CellState.New) return;
        _state = CellState.Running;
        try
        {
            _actor = NewInstance();
            _actor.AroundPreStart();
        }
        catch (Exception cause)
        {
            _actor = null;
            Fail(InitializationFailure(cause));
        }
    }

    /// <summary>Handles one message; what the actor throws becomes a failure for its parent to decide on.</summary>
    public void Invoke(Envelope envelope)
    {
        _message = envelope;
        try
        {
            if (envelope.IsSignal)
                ReceiveSignal(envelope.Message);
            else if (envelope.Message is PoisonPill)
                BeginTerminate();
            else if (envelope.Message is Kill)
                throw new ActorKilledException($"{Self} was told Kill.");
            else
                Deliver(envelope.Message);
        }
        catch (Exception cause)
        {
            Fail(cause);
        }
    }

    /// <summary>Drops the last message, which an idle actor must not keep alive.</summary>
    public void ForgetMessage() => _message = null;

    public void Become(Receive receive)
    {
        ArgumentNullException.ThrowIfNull(receive);
        _behavior = receive;
    }

    public void BecomeStacked(Receive receive)
    {
        ArgumentNullException.ThrowIfNull(receive);
        (Extras.Behaviors ??= new Stack<Receive?>()).Push(_behavior);
        _behavior = receive;
    }

    public void UnbecomeStacked()
    {
        if (_extras?.Behaviors is { Count: > 0 } behaviors) _behavior = behaviors.Pop();
        else _behavior = null;
    }

    private void Deliver(object message)
    {
        if (_extras?.ReceiveTimeout is { } timeout && message is not (INotInfluenceReceiveTimeout or Actors.ReceiveTimeout)) timeout.Touch();
        var handled = _behavior is { } behavior ? behavior(message) : _actor!.AroundReceive(message);
        if (!handled) _actor!.AroundUnhandled(message);
    }

    private void ReceiveSignal(object signal)
    {
        switch (signal)
        {
            case ActorTimer timer:
                if (timer.TryAccept()) DeliverOwn(timer.Message, null);
                break;
            case ReceiveTimeoutTimer timeout:
                if (timeout.TryAccept()) DeliverOwn(Actors.ReceiveTimeout.Instance, null);
                break;
            case WatchedTerminated watched:
                if (_extras?.TerminatedQueued?.Remove(watched.Actor) == true) DeliverOwn(watched.Message, watched.Actor);
                break;
            default:
                throw new InvalidOperationException($"{signal.GetType()} is no signal.");
        }
    }

    /// <summary>Makes what a signal carries the message in hand, so that it can be stashed and named in a failure.</summary>
    private void DeliverOwn(object message, IActorRef? sender)
    {
        _message = new Envelope(message, sender, isSignal: false);
        Deliver(message);
    }

    private ActorBase NewInstance()
    {
        var outer = _constructing;
        _constructing = this;
        try
        {
            var actor = _props.NewActor();
            if (actor?.Cell != this)
                throw new InvalidOperationException("The factory must construct a new actor at each call; it gave an old one or none.");
            if (actor is IWithStash stashing) stashing.Stash = Extras.Stash ??= new MessageStash(this);
            if (actor is IWithTimers timed) timed.Timers = Extras.Timers ??= new ActorTimers(this);
            return actor;
        }
        finally
        {
            _constructing = outer;
        }
    }

    private ActorInitializationException InitializationFailure(Exception cause) =>
        cause as ActorInitializationException
        ?? new ActorInitializationException($"{Self} ({_props.Type}) could not start: {cause.Message}", cause);
}
