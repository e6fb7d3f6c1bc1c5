namespace Cascade.Core.Tracking;

/// <summary>Sizes and thresholds of a node's access tracker.</summary>
public sealed record AccessTrackerSettings
{
    /// <summary>Blocks that are expected to be read within one ageing window: 1 to 500,000,000. About 2 bytes each.</summary>
    public int ExpectedBlocks { get; init; } = 65_536;

    /// <summary>Reads after which every count is halved, for each expected block; the ageing window. At least 1.</summary>
    public int ReadsPerBlock { get; init; } = 10;

    /// <summary>Reads of a block from other nodes' memory that promote it to this node's. 1 to 255.</summary>
    public int RemoteHitsToPromote { get; init; } = 3;

    /// <summary>
    /// Blocks whose remote reads are counted at a time; one that was read least gives way. At least 1. 40 bytes each.
    /// </summary>
    public int RemoteCandidates { get; init; } = 8192;
}
