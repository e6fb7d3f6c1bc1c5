using Cascade.Core.Fabric;

namespace Cascade.Tiers.Remote;

/// <summary>A deadline that several steps share: at most <see cref="PullRequest.MaxTimeout"/> away.</summary>
internal readonly struct TimeLimit(TimeProvider time, TimeSpan timeout)
{
    private readonly TimeSpan _timeout = timeout < PullRequest.MaxTimeout ? timeout : PullRequest.MaxTimeout;
    private readonly long _start = time.GetTimestamp();

    /// <summary>What is left; zero when it is over.</summary>
    public TimeSpan Left
    {
        get
        {
            var left = _timeout - time.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Waits for a task until the limit.</summary>
    /// <exception cref="TimeoutException">It was not done by then.</exception>
    public Task<T> WaitAsync<T>(Task<T> task, CancellationToken cancellation) => task.WaitAsync(Left, time, cancellation);
}
