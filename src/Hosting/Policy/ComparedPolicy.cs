using Cascade.Core.Eviction;
using Cascade.Core.Eviction.Trials;

namespace Cascade.Hosting.Policy;

/// <summary>A policy that is tried on a trace.</summary>
/// <param name="Name">What it is called in reports.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Make">Makes an empty cache of so many blocks.</param>
/// <param name="BytesPerBlock">Memory for each block that it knows of, at a capacity; null where that is no cache that could be built.</param>
internal sealed record ComparedPolicy(
    string Name, string Title, Func<AccessTrace, int, ICacheTrial> Make, Func<int, double>? BytesPerBlock)
{
    /// <summary>The policy of the tiers.</summary>
    public const string Ours = "ours";

    /// <summary>What nothing beats.</summary>
    public const string Optimum = "optimum";

    // Queues of slots and the forest of prefixes: 19 and 188 bytes a slot, and what each has besides.
    private const double PlainBytesPerSlot = 207;
    private const double GhostBytes = 86;
    private const double SketchBytesPerSlot = 8;

    /// <summary>Those that know nothing of prefixes, as published; ours; and the optimum.</summary>
    /// <remarks>Each has a slot more than blocks: a new one stands there while it is decided which goes.</remarks>
    public static IReadOnlyList<ComparedPolicy> All { get; } =
    [
        new("lru", "LRU", static (trace, capacity) => Plain(new LruPolicy(capacity + 1), trace, capacity), static _ => PlainBytesPerSlot),
        new(
            "s3fifo",
            "S3-FIFO",
            static (trace, capacity) => Plain(S3FifoPolicy.AsPublished(capacity + 1, capacity), trace, capacity),
            static _ => PlainBytesPerSlot + GhostBytes),
        new(
            "wtinylfu",
            "W-TinyLFU",
            static (trace, capacity) => Plain(new TinyLfuPolicy(capacity + 1), trace, capacity),
            static _ => PlainBytesPerSlot + SketchBytesPerSlot),
        new(Ours, "ours", static (trace, capacity) => new PolicyCache(new HazardPolicy(capacity + 1), capacity, trace.DistinctBlocks), BytesOfOurs),
        new(Optimum, "optimum", static (trace, capacity) => new OptimalCache(trace, capacity), null),
    ];

    /// <summary>True for one that knows nothing of prefixes.</summary>
    public bool IsPlain => Name is not (Ours or Optimum);

    private static PolicyCache Plain(Core.Ports.IEvictionPolicy policy, AccessTrace trace, int capacity) =>
        new(policy, capacity, trace.DistinctBlocks, hidesPrefixes: true);

    private static double BytesOfOurs(int capacity)
    {
        var policy = new HazardPolicy(capacity + 1);
        return (double)policy.TableBytes / policy.KnownMax;
    }
}
