using System.Runtime.CompilerServices;

namespace Cascade.Actors;

/// <summary>An actor whose constructor registers a handler a message type; the first registered that matches takes the message.</summary>
public abstract class ReceiveActor : ActorBase
{
    private MessageHandler[] _handlers = [];

    /// <inheritdoc/>
    protected sealed override bool Receive(object message) => MessageHandlers.TryHandle(_handlers, message, Cell);

    /// <summary>Handles messages of a type, or those of them that <paramref name="shouldHandle"/> picks.</summary>
    [OverloadResolutionPriority(1)]
    protected void Receive<T>(Action<T> handler, Predicate<T>? shouldHandle = null) =>
        Add(new MessageHandler(ActionShape<T>.Instance, NotNull(handler), shouldHandle));

    /// <summary>Handles the messages of a type that <paramref name="shouldHandle"/> picks.</summary>
    [OverloadResolutionPriority(1)]
    protected void Receive<T>(Predicate<T> shouldHandle, Action<T> handler) => Receive(handler, shouldHandle);

    /// <summary>Handles messages of a type; when <paramref name="handler"/> returns false the later handlers are tried.</summary>
    protected void Receive<T>(Func<T, bool> handler) => Add(new MessageHandler(FuncShape<T>.Instance, NotNull(handler), null));

    /// <summary>
    /// Handles messages of a type asynchronously: the actor takes no other message until the task ends, and what follows an
    /// <c>await</c> runs in the actor's own turns. Stopping the actor does not wait for the task.
    /// </summary>
    protected void ReceiveAsync<T>(Func<T, Task> handler, Predicate<T>? shouldHandle = null) =>
        Add(new MessageHandler(AsyncShape<T>.Instance, NotNull(handler), shouldHandle));

    /// <summary>As above, for those messages that <paramref name="shouldHandle"/> picks.</summary>
    protected void ReceiveAsync<T>(Predicate<T> shouldHandle, Func<T, Task> handler) => ReceiveAsync(handler, shouldHandle);

    /// <summary>Handles every message that the handlers before it left.</summary>
    protected void ReceiveAny(Action<object> handler) => Receive(handler);

    /// <summary>Handles every message that the handlers before it left, asynchronously.</summary>
    protected void ReceiveAnyAsync(Func<object, Task> handler) => ReceiveAsync(handler);

    /// <summary>Handles messages by what <paramref name="configure"/> registers, from the next on.</summary>
    protected void Become(Action configure) => Cell.Become(Configured(configure));

    /// <summary>As <see cref="Become"/>, keeping the present behaviour to come back to.</summary>
    protected void BecomeStacked(Action configure) => Cell.BecomeStacked(Configured(configure));

    private Receive Configured(Action configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var outer = _handlers;
        _handlers = [];
        try
        {
            configure();
            var (handlers, cell) = (_handlers, Cell);
            return message => MessageHandlers.TryHandle(handlers, message, cell);
        }
        finally
        {
            _handlers = outer;
        }
    }

    private void Add(MessageHandler handler)
    {
        // Exactly as long as needed: an idle entity keeps its table for life.
        Array.Resize(ref _handlers, _handlers.Length + 1);
        _handlers[^1] = handler;
    }

    private static T NotNull<T>(T handler)
        where T : Delegate
    {
        ArgumentNullException.ThrowIfNull(handler);
        return handler;
    }
}
