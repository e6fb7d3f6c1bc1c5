namespace Cascade.Actors;

/// <summary>The base of all actors: one message at a time, on any thread, never two threads at once.</summary>
public abstract class ActorBase
{
    private readonly ActorCell _cell;

    /// <summary>Ties the instance to the cell that is making it.</summary>
    /// <exception cref="ActorInitializationException">The instance is made with <c>new</c> outside of its <see cref="Props"/>.</exception>
    protected ActorBase()
    {
        _cell = ActorCell.TakeConstructing() ?? throw new ActorInitializationException(
            $"{GetType()} was made with new; start it with ActorOf(Props.Create(...)), which alone may construct actors.");
    }

    /// <summary>The actor's surroundings.</summary>
    protected IActorContext Context => _cell;

    /// <summary>The actor's own ref.</summary>
    protected IActorRef Self => _cell.Self;

    /// <summary>Who sent the message in hand; the dead letters when nobody did.</summary>
    protected IActorRef Sender => _cell.Sender;

    /// <summary>Handles a message; false when the actor has no use for it.</summary>
    protected abstract bool Receive(object message);

    /// <summary>Runs before the first message, and by default after a restart.</summary>
    protected virtual void PreStart()
    {
    }

    /// <summary>Runs after the last message, and by default before a restart.</summary>
    protected virtual void PostStop()
    {
    }

    /// <summary>Runs on the failed instance before a fresh one takes its place. By default it stops the children and calls <see cref="PostStop"/>.</summary>
    /// <param name="reason">What the actor threw.</param>
    /// <param name="message">The message it threw at, if any.</param>
    protected virtual void PreRestart(Exception reason, object? message)
    {
        foreach (var child in Context.GetChildren())
        {
            Context.Unwatch(child);
            Context.Stop(child);
        }

        PostStop();
    }

    /// <summary>Runs on the fresh instance. By default it calls <see cref="PreStart"/>.</summary>
    /// <param name="reason">What the former instance threw.</param>
    protected virtual void PostRestart(Exception reason) => PreStart();

    /// <summary>How failures of the children are dealt with, unless the props say; by default each child that fails is restarted.</summary>
    protected virtual SupervisorStrategy SupervisorStrategy() => Actors.SupervisorStrategy.DefaultStrategy;

    /// <summary>Takes a message that no handler wanted: by default it is published as <see cref="UnhandledMessage"/>.</summary>
    /// <exception cref="DeathPactException">The message is <see cref="Terminated"/>.</exception>
    protected virtual void Unhandled(object message)
    {
        if (message is Terminated terminated) throw new DeathPactException(terminated.ActorRef);
        Context.System.EventStream.Publish(new UnhandledMessage(message, _cell.SenderOrNull, Self));
    }

    /// <summary>Handles messages by <paramref name="receive"/> from the next on.</summary>
    protected void Become(Receive receive) => _cell.Become(receive);

    /// <summary>As <see cref="Become"/>, keeping the present behaviour to come back to.</summary>
    protected void BecomeStacked(Receive receive) => _cell.BecomeStacked(receive);

    /// <summary>Goes back to the behaviour before the last stacked one.</summary>
    protected void UnbecomeStacked() => _cell.UnbecomeStacked();

    internal ActorCell Cell => _cell;

    internal bool AroundReceive(object message) => Receive(message);

    internal void AroundPreStart() => PreStart();

    internal void AroundPostStop() => PostStop();

    internal void AroundPreRestart(Exception reason, object? message) => PreRestart(reason, message);

    internal void AroundPostRestart(Exception reason) => PostRestart(reason);

    internal void AroundUnhandled(object message) => Unhandled(message);

    internal SupervisorStrategy AroundSupervisorStrategy() => SupervisorStrategy();

    /// <summary>A child has stopped; cheaper than a watch on each of a region's entities.</summary>
    internal virtual void OnChildTerminated(IActorRef child)
    {
    }
}
