namespace Cascade.Core.Registry;

/// <summary>Limits of the prefix registry.</summary>
public sealed record RegistrySettings
{
    /// <summary>
    /// Bytes of registered blocks, over all of the cluster; a block under several keys counts once. At least 0.
    /// </summary>
    public long QuotaBytes { get; init; } = 16L << 30;

    /// <summary>Keys that may be registered. At least 1.</summary>
    public int MaxKeys { get; init; } = 65_536;

    /// <summary>Withdrawn registrations that are remembered; the oldest is forgotten first. At least 0.</summary>
    public int MaxTombstones { get; init; } = 65_536;

    /// <summary>
    /// How long a withdrawn registration is remembered: longer than a partition is expected to last, because a part of the
    /// cluster that still has it brings a forgotten one back.
    /// </summary>
    public TimeSpan TombstoneAge { get; init; } = TimeSpan.FromHours(1);
}
