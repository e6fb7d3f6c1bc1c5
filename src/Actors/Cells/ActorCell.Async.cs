namespace Cascade.Actors;

internal sealed partial class ActorCell
{
    /// <summary>Runs an asynchronous handler; until its task ends the actor takes no other message.</summary>
    public void RunAsync<T>(Func<T, Task> handler, T message)
    {
        var outer = EnterContext();
        try
        {
            var task = handler(message);
            if (task.IsCompletedSuccessfully) return;
            Extras.Handler = task;
            _suspension |= AwaitsHandler;
            _ = AwaitHandler(task);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private async Task AwaitHandler(Task task)
    {
        Exception? failure = null;
        try
        {
            await task;
        }
        catch (Exception cause)
        {
            failure = cause;
        }

        // In the actor's own turn, by its context. A handler whose instance has gone has nobody left to tell but the log.
        if (_extras?.Handler == task)
        {
            _extras.Handler = null;
            _suspension &= ~AwaitsHandler;
            if (failure is not null) Fail(failure);
        }
        else if (failure is not null)
        {
            System.Publish(new Error(failure, Self.Path.ToString(), "An asynchronous handler failed after its instance had ended."));
        }
    }

    private void RunContinuation(Continuation continuation)
    {
        var outer = EnterContext();
        try
        {
            continuation.Run();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private SynchronizationContext? EnterContext()
    {
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(Extras.SynchronizationContext ??= new ActorSynchronizationContext(this));
        return outer;
    }
}

/// <summary>Brings what follows an <c>await</c> back into the actor's turns.</summary>
internal sealed class ActorSynchronizationContext(ActorCell cell) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => cell.Mailbox.PostSystem(new Continuation(d, state));

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (ActorCell.Current != cell)
            throw new NotSupportedException("Waiting for another actor's turn would block this thread; use Post.");
        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;
}
