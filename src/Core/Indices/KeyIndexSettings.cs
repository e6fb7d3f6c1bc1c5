namespace Cascade.Core.Indices;

/// <summary>Limits of one key-index shard.</summary>
public sealed record KeyIndexSettings
{
    /// <summary>Keys that the shard names blocks by; a further one is refused. About 130 bytes each. At least 1.</summary>
    public int MaxKeys { get; init; } = 1_000_000;

    /// <summary>
    /// Deletions that are remembered, so that a binding that was stamped earlier and comes later does not undo one. The oldest is
    /// forgotten first. At least 0.
    /// </summary>
    public int MaxTombstones { get; init; } = 65_536;

    /// <summary>
    /// How long a deletion is remembered: longer than any message is under way, and than a partition is expected to last.
    /// </summary>
    public TimeSpan TombstoneAge { get; init; } = TimeSpan.FromMinutes(10);
}
