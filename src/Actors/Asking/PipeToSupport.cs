namespace Cascade.Actors;

/// <summary>Sending what comes of a task to an actor.</summary>
public static class PipeToSupport
{
    /// <summary>Tells <paramref name="recipient"/> the task's result, or <see cref="Status.Failure"/> when it fails or is cancelled.</summary>
    /// <param name="taskToPipe">The task.</param>
    /// <param name="recipient">Whom to tell; usually <c>Self</c>.</param>
    /// <param name="sender">Whom the recipient sees as the sender.</param>
    /// <param name="success">Makes the message of the result; null for the result itself.</param>
    /// <param name="failure">Makes the message of the failure; null for <see cref="Status.Failure"/>.</param>
    /// <returns>A task that ends when the message is sent; it never fails.</returns>
    public static async Task PipeTo<T>(
        this Task<T> taskToPipe, ICanTell recipient, IActorRef? sender = null,
        Func<T, object>? success = null, Func<Exception, object>? failure = null)
    {
        object message;
        try
        {
            var result = await taskToPipe;
            message = success is null ? result! : success(result);
        }
        catch (Exception cause)
        {
            message = FailureMessage(cause, failure);
        }

        recipient.Tell(message, sender);
    }

    /// <summary>As above for a task without a result: tells <see cref="Status.Success"/> unless <paramref name="success"/> makes another message.</summary>
    public static async Task PipeTo(
        this Task taskToPipe, ICanTell recipient, IActorRef? sender = null,
        Func<object>? success = null, Func<Exception, object>? failure = null)
    {
        object message;
        try
        {
            await taskToPipe;
            message = success is null ? new Status.Success() : success();
        }
        catch (Exception cause)
        {
            message = FailureMessage(cause, failure);
        }

        recipient.Tell(message, sender);
    }

    private static object FailureMessage(Exception cause, Func<Exception, object>? failure)
    {
        if (failure is null) return new Status.Failure(cause);
        try
        {
            return failure(cause);
        }
        catch (Exception second)
        {
            return new Status.Failure(second);
        }
    }
}
