namespace Cascade.Tiers.Mpi;

/// <summary>Counts the memory that late reads may still store to, up to a limit. Thread-safe.</summary>
internal sealed class Quarantine(long limitBytes)
{
    private long _bytes;

    /// <summary>Bytes that may not be used now.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>True when there is more of it than is allowed: then no further read is to be started.</summary>
    public bool IsFull => Bytes > limitBytes;

    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Remove(long bytes) => Interlocked.Add(ref _bytes, -bytes);
}
