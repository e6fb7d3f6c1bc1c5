namespace Cascade.Core.Tiering;

/// <summary>The bounds of one memory tier.</summary>
/// <param name="MaxBlockBytes">Largest block that is taken, in bytes, where the arena would take a larger one.</param>
/// <param name="WaitingPutsMax">Most puts that wait for room at a time; one more is answered <c>Busy</c> at once.</param>
/// <param name="EvictionsInFlightMax">Most copies that owners are asked about at a time.</param>
/// <param name="EvictionTimeout">How long an owner may take to answer before another victim is tried.</param>
public sealed record MemoryTierSettings(long MaxBlockBytes, int WaitingPutsMax, int EvictionsInFlightMax, TimeSpan EvictionTimeout)
{
    /// <summary>True when the node has a cold tier: copies are written there before they are given up.</summary>
    public bool HasColdTier { get; init; }

    /// <summary>
    /// True when only the last copy of a block is written to the tier below before it is given up; else every copy is, as it may be the last by the time it would be missed.
    /// </summary>
    public bool WritesLastCopiesOnly { get; init; }

    /// <summary>True when the node has device memory, whose tier tells its keys with those of shared memory.</summary>
    public bool HasGpuTier { get; init; }

    /// <summary>
    /// Bytes that are kept free by giving copies up ahead of need, so that puts need not wait for a disk: half of the capacity at most, 0 for none.
    /// The same share of the descriptors is kept free.
    /// </summary>
    public long HeadroomBytes { get; init; }

    /// <summary>
    /// Bytes through which puts pass to other nodes when memory is full otherwise: where less than this, or than the headroom, is free, a writer that can pass its block on is
    /// told to. Half of the capacity at most. The same share of the descriptors serves for that.
    /// </summary>
    public long TransitBytes { get; init; }

    /// <summary>Most copies that are being written to the cold tier at a time in order to be given up.</summary>
    public int DemotionsInFlightMax { get; init; } = 2048;

    /// <summary>How long the cold tier may take to write a copy that is to be given up before the tier tries another.</summary>
    public TimeSpan DemoteTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long room for a block that is read from the cold tier is waited for.</summary>
    public TimeSpan RoomTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Blocks as large as the arena takes, 1,024 waiting puts, 64 evictions in flight, 2 s for an owner's answer.</summary>
    public static readonly MemoryTierSettings Default = new(long.MaxValue, 1024, 64, TimeSpan.FromSeconds(2));

    internal void Validate(long capacityBytes)
    {
        Require(HeadroomBytes >= 0 && HeadroomBytes <= capacityBytes / 2, nameof(HeadroomBytes), "0 to half of the capacity");
        Require(TransitBytes >= 0 && TransitBytes <= capacityBytes / 2, nameof(TransitBytes), "0 to half of the capacity");
        Require(DemotionsInFlightMax > 0 && EvictionsInFlightMax > 0, nameof(DemotionsInFlightMax), "positive, as is EvictionsInFlightMax");
    }

    private static void Require(bool holds, string name, string what)
    {
        if (!holds)
            throw new ArgumentException($"{name} of a memory tier has to be {what}: correct the setting.", name);
    }
}
