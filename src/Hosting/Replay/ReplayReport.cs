using System.Text.Json.Serialization;
using Cascade.Core.Identity;

namespace Cascade.Hosting.Replay;

/// <summary>Blocks that were read, by the tier they were read from.</summary>
internal sealed record HitsByTier(long Gpu, long Shm, long Remote, long Cold);

/// <summary>The outcome of a replay, field by field as the JSON document names it. Speeds are in 10^9 bytes a second.</summary>
internal sealed record ReplayReport(
    long Requests,
    long BlocksAsked,
    HitsByTier Hits,
    long Misses,
    double HitRatio,
    long BlocksPut,
    long DedupHits,
    long Evicted,
    long Demoted,
    long Promoted,
    long WrongBytes,
    long Errors,
    double PutGbps,
    double GetGbps,
    double GetP50Us,
    double GetP99Us,
    long? PageCacheGrowthBytes,
    double Seconds)
{
    /// <summary>Nodes that ran as processes; null, and not in the document, for a node in this one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Nodes { get; init; }

    /// <summary>Bytes that the node in this process pulled from others, by the way they came; null, and not in the document, for other processes and a node by itself.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, long>? PulledBytes { get; init; }

    /// <summary>How often a node was killed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Kills { get; init; }

    /// <summary>How often each of the first few reasons was given, and all others together.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, long>? ErrorsByReason { get; init; }

    /// <summary>Errors that the loss of a node explains.</summary>
    [JsonIgnore]
    public long Outages { get; init; }

    /// <summary>True when every byte was right and every call did what it was asked; where nodes are killed, calls may fail for that.</summary>
    [JsonIgnore]
    public bool IsClean => WrongBytes == 0 && Errors == (Kills > 0 ? Outages : 0);

    /// <summary>Makes the report.</summary>
    /// <param name="tally">What the replay counted.</param>
    /// <param name="node">What the node counted meanwhile.</param>
    /// <param name="pageCacheGrowthBytes">By how much the machine's page cache grew; null where that is not known.</param>
    /// <param name="elapsed">How long it took.</param>
    public static ReplayReport Of(ReplayTally tally, NodeFigures node, long? pageCacheGrowthBytes, TimeSpan elapsed) => new(
        tally.Requests,
        tally.BlocksAsked,
        new HitsByTier(
            tally.HitsOf(TierKind.Gpu), tally.HitsOf(TierKind.Shm), tally.HitsOf(TierKind.Remote), tally.HitsOf(TierKind.Cold)),
        tally.Misses,
        Math.Round(tally.HitRatio, 4),
        tally.BlocksPut,
        tally.DedupHits,
        node.Evicted,
        node.Demoted,
        node.Promoted,
        tally.WrongBytes,
        tally.Errors,
        Math.Round(tally.PutGbps, 3),
        Math.Round(tally.GetGbps, 3),
        Microseconds(tally.GetLatency.Percentile(0.50)),
        Microseconds(tally.GetLatency.Percentile(0.99)),
        pageCacheGrowthBytes,
        Math.Round(elapsed.TotalSeconds, 3))
    {
        Outages = tally.Outages,
    };

    private static double Microseconds(long nanoseconds) => Math.Round(nanoseconds / 1e3, 3);
}
