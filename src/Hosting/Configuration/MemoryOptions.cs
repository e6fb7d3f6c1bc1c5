namespace Cascade.Hosting.Configuration;

/// <summary>Settings of leases.</summary>
public sealed record LeaseOptions
{
    private const int LeasesMax = 1 << 24;

    /// <summary>How long a lease holds unless renewed; 1 s to 1 h.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Leases held at one time on this node.</summary>
    public required int Max { get; init; }

    internal static LeaseOptions Read(OptionsReader reader) => new()
    {
        Duration = reader.Duration("duration", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        Max = reader.Integer("max", 1, LeasesMax),
    };
}

/// <summary>Settings of puts.</summary>
public sealed record PuttingOptions
{
    private const int HashThreadsMax = 64;
    private const long ParallelFromMin = 64L << 10;

    /// <summary>How long a put without a deadline of its own waits for room; zero not to wait.</summary>
    public required TimeSpan Deadline { get; init; }

    /// <summary>Threads that hash one large block; at least 1.</summary>
    public required int HashThreads { get; init; }

    /// <summary>Length in bytes from which a block is hashed by several threads.</summary>
    public required long ParallelFromBytes { get; init; }

    internal static PuttingOptions Read(OptionsReader reader, int processorCount) => new()
    {
        Deadline = reader.Duration("deadline", TimeSpan.Zero, TimeSpan.FromHours(1)),
        HashThreads = reader.Integer("hash-threads", 0, HashThreadsMax) is > 0 and var threads
            ? threads
            : Math.Min(processorCount, HashThreadsMax),
        ParallelFromBytes = reader.SizeBytes("parallel-from", ParallelFromMin, ShmTierOptions.BlockBytesMax),
    };
}

/// <summary>Settings of protected prefixes.</summary>
public sealed record ProtectionOptions
{
    /// <summary>Share of the memory tier that protected prefixes may fill, 0 to 1.</summary>
    public required double QuotaShare { get; init; }

    internal static ProtectionOptions Read(OptionsReader reader) => new() { QuotaShare = reader.Share("quota-share") };
}

/// <summary>Settings of the access tracker.</summary>
public sealed record TrackerOptions
{
    private const int SampleLogMax = 1 << 24;

    /// <summary>Remote hits on a block before it is copied to the reader's own memory.</summary>
    public required int PromoteAfterHits { get; init; }

    /// <summary>Accesses that may wait to be counted.</summary>
    public required int SampleLog { get; init; }

    internal static TrackerOptions Read(OptionsReader reader) => new()
    {
        PromoteAfterHits = reader.Integer("promote-after-hits", 1, byte.MaxValue),
        SampleLog = reader.Integer("sample-log", 16, SampleLogMax),
    };
}
