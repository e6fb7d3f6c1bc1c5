namespace Cascade.Tiers.Fabric;

/// <summary>A token that ends with the time given, or with another token.</summary>
internal sealed class BulkDeadline : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _both;

    public BulkDeadline(TimeSpan timeout, TimeProvider time, CancellationToken other)
    {
        _timer = new CancellationTokenSource(timeout, time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, other);
    }

    public CancellationToken Token => _both.Token;

    /// <summary>True when it has ended.</summary>
    public bool IsOver => _both.IsCancellationRequested;

    public void Dispose()
    {
        _both.Dispose();
        _timer.Dispose();
    }
}
