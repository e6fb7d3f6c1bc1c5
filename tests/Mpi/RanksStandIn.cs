using Cascade.Tiers.Mpi;
using Cascade.Tiers.Native;

namespace Cascade.Mpi.Tests;

/// <summary>Stands in for the memory of ranks: one stretch of this process's, read when and as a test wants it.</summary>
internal sealed unsafe class RanksStandIn(nint memory) : IRemoteMemory
{
    private readonly Dictionary<int, (nint To, int LengthBytes, int Rank, long FromByte)> _gets = [];
    private int _last;
    private int _polling;

    /// <summary>Ranks that do not answer.</summary>
    public HashSet<int> Hanging { get; } = [];

    /// <summary>Ranks whose reads fail.</summary>
    public HashSet<int> Broken { get; } = [];

    /// <summary>Called before a read that was begun brings its bytes, with its length.</summary>
    public Action<int>? OnRead { get; set; }

    /// <summary>Lengths of the reads that were begun.</summary>
    public List<int> Begun { get; } = [];

    /// <summary>Reads that have not ended.</summary>
    public int Open => _gets.Count;

    /// <summary>Threads that say that they poll.</summary>
    public int Polling => Volatile.Read(ref _polling);

    public void BeginPolling() => Interlocked.Increment(ref _polling);

    public void EndPolling() => Interlocked.Decrement(ref _polling);

    public int BeginGet(nint to, int lengthBytes, int rank, long fromByte)
    {
        _gets.Add(++_last, (to, lengthBytes, rank, fromByte));
        Begun.Add(lengthBytes);
        return _last;
    }

    public bool HasEnded(ref int request)
    {
        var get = _gets[request];
        if (Broken.Contains(get.Rank))
            throw new MpiException("MPI_Test failed: the connection broke");
        if (Hanging.Contains(get.Rank))
            return false;
        OnRead?.Invoke(get.LengthBytes);
        Buffer.MemoryCopy((byte*)memory + get.FromByte, (byte*)get.To, get.LengthBytes, get.LengthBytes);
        _gets.Remove(request);
        return true;
    }
}
