using System.Runtime.CompilerServices;

namespace Cascade.Actors;

/// <summary>How to match a message and call a handler of a known shape; one instance a message type, shared by all actors.</summary>
internal abstract class HandlerShape
{
    public abstract bool TryHandle(object message, Delegate handler, Delegate? predicate, ActorCell cell);
}

internal sealed class ActionShape<T> : HandlerShape
{
    public static readonly ActionShape<T> Instance = new();

    public override bool TryHandle(object message, Delegate handler, Delegate? predicate, ActorCell cell)
    {
        if (message is not T typed || !(predicate is null || Unsafe.As<Predicate<T>>(predicate)(typed))) return false;
        Unsafe.As<Action<T>>(handler)(typed);
        return true;
    }
}

internal sealed class FuncShape<T> : HandlerShape
{
    public static readonly FuncShape<T> Instance = new();

    public override bool TryHandle(object message, Delegate handler, Delegate? predicate, ActorCell cell) =>
        message is T typed && Unsafe.As<Func<T, bool>>(handler)(typed);
}

internal sealed class AsyncShape<T> : HandlerShape
{
    public static readonly AsyncShape<T> Instance = new();

    public override bool TryHandle(object message, Delegate handler, Delegate? predicate, ActorCell cell)
    {
        if (message is not T typed || !(predicate is null || Unsafe.As<Predicate<T>>(predicate)(typed))) return false;
        cell.RunAsync(Unsafe.As<Func<T, Task>>(handler), typed);
        return true;
    }
}

/// <summary>A registered handler; the first that matches takes the message.</summary>
internal readonly record struct MessageHandler(HandlerShape Shape, Delegate Handler, Delegate? Predicate);

internal static class MessageHandlers
{
    public static bool TryHandle(MessageHandler[] handlers, object message, ActorCell cell)
    {
        foreach (ref readonly var handler in handlers.AsSpan())
        {
            if (handler.Shape.TryHandle(message, handler.Handler, handler.Predicate, cell)) return true;
        }

        return false;
    }
}
