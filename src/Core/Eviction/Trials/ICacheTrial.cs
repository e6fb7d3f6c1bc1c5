namespace Cascade.Core.Eviction.Trials;

/// <summary>A cache of equal blocks that is tried on a trace. One thread at a time.</summary>
public interface ICacheTrial : IDisposable
{
    /// <summary>Blocks that it holds now.</summary>
    int Count { get; }

    /// <summary>Reads the next block of the trace.</summary>
    /// <param name="block">The block's number.</param>
    /// <param name="parent">The block before it in its request; -1 for the first.</param>
    /// <returns>True when it was there.</returns>
    bool Access(int block, int parent);
}
