namespace Cascade.Hosting.Node;

/// <summary>The time that a node has to drain and stop, dealt out to what it has to wait for: what one part leaves over is for the next.</summary>
/// <param name="time">The clock.</param>
/// <param name="within">All of it, from now on.</param>
internal sealed class DrainTime(TimeProvider time, TimeSpan within)
{
    /// <summary>What is ready is waited for even when nothing is left.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    private readonly long _started = time.GetTimestamp();

    /// <summary>What is left.</summary>
    public TimeSpan Left => Share(1);

    /// <summary>A share of what is left.</summary>
    public TimeSpan Share(double share)
    {
        var left = (within - time.GetElapsedTime(_started)) * share;
        return left > Moment ? left : Moment;
    }

    /// <summary>True when a task ended in what is left. Its failure is thrown.</summary>
    public async Task<bool> IsDoneAsync(Task task)
    {
        try
        {
            await task.WaitAsync(Left, time);
            return true;
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            return false;
        }
    }
}
