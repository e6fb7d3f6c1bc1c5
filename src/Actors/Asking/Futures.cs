namespace Cascade.Actors;

/// <summary>Asking: a message with a task for its reply.</summary>
public static class Futures
{
    /// <summary>Sends a message and returns a task for the reply. Callable from any thread.</summary>
    /// <remarks>
    /// Outside of an actor's turn the calling thread may carry out the turns that answer, a bounded number of them, before this returns. An actor
    /// that blocks is to be given a dispatcher that does not run on askers.
    /// </remarks>
    /// <param name="self">Whom to ask.</param>
    /// <param name="message">What to ask; the receiver replies with <c>Sender.Tell(reply)</c>.</param>
    /// <param name="timeout">How long to wait; null for the system's <see cref="ActorSystemSettings.AskTimeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait; the receiver is not told.</param>
    /// <typeparam name="T">The reply's type; <c>object</c> takes any.</typeparam>
    /// <exception cref="AskTimeoutException">No reply came in time; a later one is dropped.</exception>
    /// <exception cref="MailboxFullException">The receiver's mailbox had no room.</exception>
    /// <exception cref="DeadLetterException">The receiver has stopped, or stopped before it took the message.</exception>
    /// <exception cref="UnexpectedReplyException">The reply is of another type.</exception>
    /// <exception cref="Exception">The reply was a <see cref="Status.Failure"/>: its cause.</exception>
    public static Task<T> Ask<T>(
        this ICanTell self, object message, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (self is not IInternalActorRef target || target.System is not { } system)
            throw new ArgumentException($"{self} cannot be asked; ask a ref made by ActorOf.", nameof(self));
        var span = timeout ?? system.Settings.AskTimeout;
        if (span != Timeout.InfiniteTimeSpan) ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero, nameof(timeout));
        var promise = new AskPromise<T>(system, target);
        if (span != Timeout.InfiniteTimeSpan || cancellationToken.CanBeCanceled) promise.Arm(span, cancellationToken);
        if (ActorCell.Current is null && !system.Dispatcher.OwnsContinuations) LentThread.Ask(target, message, promise, promise.Task);
        else target.Tell(message, promise);
        return promise.Task;
    }

    /// <inheritdoc cref="Ask{T}(ICanTell, object, TimeSpan?, CancellationToken)"/>
    public static Task<T> Ask<T>(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<T>(message, null, cancellationToken);
}
