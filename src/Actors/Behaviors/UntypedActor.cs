namespace Cascade.Actors;

/// <summary>An actor with one method for all messages.</summary>
public abstract class UntypedActor : ActorBase
{
    /// <inheritdoc/>
    protected sealed override bool Receive(object message)
    {
        OnReceive(message);
        return true;
    }

    /// <summary>Handles a message; calls <see cref="ActorBase.Unhandled"/> with those it has no use for.</summary>
    protected abstract void OnReceive(object message);

    /// <summary>Handles messages by <paramref name="receive"/> from the next on.</summary>
    protected void Become(Action<object> receive) => Context.Become(AsReceive(receive));

    /// <summary>As <see cref="Become"/>, keeping the present behaviour to come back to.</summary>
    protected void BecomeStacked(Action<object> receive) => Context.BecomeStacked(AsReceive(receive));

    private static Receive AsReceive(Action<object> receive) => message =>
    {
        receive(message);
        return true;
    };
}
