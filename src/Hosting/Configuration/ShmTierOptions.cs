namespace Cascade.Hosting.Configuration;

/// <summary>Settings of the tiers.</summary>
public sealed record TierOptions
{
    /// <summary><c>cascade.tiers.shm</c></summary>
    public required ShmTierOptions Shm { get; init; }

    /// <summary><c>cascade.tiers.cold</c></summary>
    public required ColdTierOptions Cold { get; init; }

    /// <summary><c>cascade.tiers.gpu</c></summary>
    public required GpuTierOptions Gpu { get; init; }

    internal static TierOptions Read(OptionsReader reader) => new()
    {
        Shm = ShmTierOptions.Read(reader.Section("shm")),
        Cold = ColdTierOptions.Read(reader.Section("cold")),
        Gpu = GpuTierOptions.Read(reader.Section("gpu")),
    };
}

/// <summary>Settings of the memory tier.</summary>
public sealed record ShmTierOptions
{
    /// <summary>Length of the largest block there can be, in bytes.</summary>
    public const long BlockBytesMax = 4L << 30;

    private const long CapacityMin = 1L << 20;
    private const long CapacityMax = 1L << 50;
    private const long PageBytes = 4096;
    private const int BlocksMax = 1 << 28;
    private const int DerivedBlocksMin = 1024;
    private const long DerivedBlockBytes = 32L << 10;
    internal const int WaitingPutsLimit = 1 << 20;

    /// <summary>Bytes for blocks: a multiple of 4 KiB.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Absolute path of the directory for the arena file.</summary>
    public required string Directory { get; init; }

    /// <summary>Blocks that the tier can describe; at least 1.</summary>
    public required int MaxBlocks { get; init; }

    /// <summary>Permissions of the arena file.</summary>
    public required UnixFileMode Mode { get; init; }

    /// <summary>Whether the arena file stays at the stop of the node.</summary>
    public required bool Keep { get; init; }

    /// <summary>Whether all memory is touched at start.</summary>
    public required bool PreFault { get; init; }

    /// <summary>Whether the system is asked for huge pages.</summary>
    public required bool HugePages { get; init; }

    /// <summary>Whether blocks found after a restart are checked against their digest at first use.</summary>
    public required bool VerifyAfterAttach { get; init; }

    /// <summary>Length in bytes of the largest block accepted; at least 1.</summary>
    public required long MaxBlockBytes { get; init; }

    /// <summary>Puts that may wait for room at one time.</summary>
    public required int WaitingPutsMax { get; init; }

    internal static ShmTierOptions Read(OptionsReader reader)
    {
        var capacity = reader.SizeBytes("capacity", CapacityMin, CapacityMax);
        var maxBlock = reader.SizeBytes("max-block", 0, BlockBytesMax);
        var maxBlocks = reader.Integer("max-blocks", 0, BlocksMax);
        if (capacity % PageBytes != 0)
            reader.Fail("capacity", $"expected a multiple of 4 KiB; the next is {capacity + PageBytes - capacity % PageBytes}");
        if (maxBlock > capacity)
            reader.Fail(
                "max-block",
                $"a block of {maxBlock} bytes does not fit the capacity of {capacity}; lower max-block or raise capacity");
        return new()
        {
            CapacityBytes = capacity,
            Directory = reader.Text("directory", "an absolute path", OptionsReader.IsAbsolutePath),
            MaxBlocks = maxBlocks > 0 ? maxBlocks : (int)Math.Clamp(capacity / DerivedBlockBytes, DerivedBlocksMin, BlocksMax),
            Mode = reader.FileMode("mode"),
            Keep = reader.Boolean("keep"),
            PreFault = reader.Boolean("pre-fault"),
            HugePages = reader.Boolean("huge-pages"),
            VerifyAfterAttach = reader.Boolean("verify-after-attach"),
            MaxBlockBytes = maxBlock > 0 ? maxBlock : Math.Min(capacity, BlockBytesMax),
            WaitingPutsMax = reader.Integer("waiting-puts-max", 0, WaitingPutsLimit),
        };
    }
}
