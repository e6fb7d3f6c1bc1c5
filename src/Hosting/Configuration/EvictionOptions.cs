namespace Cascade.Hosting.Configuration;

/// <summary>By what a full tier decides which block goes.</summary>
public enum EvictionRule
{
    /// <summary>By the chance of an access soon, as learned from the stream.</summary>
    Hazard,

    /// <summary>By the time since the last read.</summary>
    Lru,

    /// <summary>S3-FIFO: by whether it was read soon after it came.</summary>
    S3Fifo,

    /// <summary>W-TinyLFU: by how often it was read of late.</summary>
    TinyLfu,
}

/// <summary>Settings of eviction.</summary>
public sealed record EvictionOptions
{
    /// <summary>Most blocks of a tier that W-TinyLFU can follow.</summary>
    private const int TinyLfuBlocksMax = 50_000_000;

    /// <summary>By what the node's tiers choose.</summary>
    public required EvictionRule Policy { get; init; }

    internal static EvictionOptions Read(OptionsReader reader, int maxBlocks)
    {
        var policy = reader.Choice(
            "policy", ("hazard", EvictionRule.Hazard), ("lru", EvictionRule.Lru), ("s3-fifo", EvictionRule.S3Fifo), ("w-tinylfu", EvictionRule.TinyLfu));
        if (policy == EvictionRule.TinyLfu && maxBlocks > TinyLfuBlocksMax)
            reader.Fail(
                "policy",
                $"w-tinylfu follows {TinyLfuBlocksMax} blocks at most, and memory is to describe {maxBlocks}; choose another, or lower cascade.tiers.shm.max-blocks");
        return new() { Policy = policy };
    }
}
