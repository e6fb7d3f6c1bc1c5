namespace Cascade.Tiers.Fabric;

/// <summary>Bounds the pulls in flight. Thread-safe.</summary>
internal sealed class PullGate(int limit)
{
    private int _inside;

    /// <summary>Pulls in flight now.</summary>
    public int Inside => Volatile.Read(ref _inside);

    /// <summary>Enters unless as many are inside as are allowed; who entered leaves by <see cref="Exit"/>.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _inside) <= limit)
            return true;
        Exit();
        return false;
    }

    public void Exit() => Interlocked.Decrement(ref _inside);
}
