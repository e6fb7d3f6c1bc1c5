namespace Cascade.Tiers.Mpi;

/// <summary>Memory of other ranks that can be read. Thread-safe; no member blocks.</summary>
internal interface IRemoteMemory
{
    /// <summary>Starts to read; gives the request, which is to be polled until it has ended. Until then, the memory here may be written to at any time.</summary>
    /// <exception cref="Cascade.Tiers.Native.MpiException">The rank cannot be read.</exception>
    int BeginGet(nint to, int lengthBytes, int rank, long fromByte);

    /// <summary>True once the bytes are here. The request is of no use after that, or after an error.</summary>
    /// <exception cref="Cascade.Tiers.Native.MpiException">The read failed.</exception>
    bool HasEnded(ref int request);

    /// <summary>The calling thread asks <see cref="HasEnded"/> again and again from now on, until <see cref="EndPolling"/>.</summary>
    void BeginPolling()
    {
    }

    /// <summary>It does no more.</summary>
    void EndPolling()
    {
    }
}
