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
    /// How long a withdrawn registration is remembered by a node that learned of it: longer than a partition is expected to last, because a part of the
    /// cluster that still has it brings a forgotten one back.
    /// </summary>
    public TimeSpan TombstoneAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Longest wait for the replicas of other nodes before a change is acknowledged without those that are silent: well above a round trip, well below what
    /// a caller waits. More than zero.
    /// </summary>
    public TimeSpan ReplicaWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait of a new singleton for what the other nodes know, and of one that another node claims to replace. More than zero.</summary>
    public TimeSpan TakeOverWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What is not answered for so long is sent again: some times within the waits above. More than zero.</summary>
    public TimeSpan RepeatEvery { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the singleton compares its state with that of one other node, in turn. More than zero.</summary>
    public TimeSpan ReconcileEvery { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Changes that wait for replicas at a time; a further one is answered with <see cref="Messages.Busy"/>. At least 1.</summary>
    public int MaxChanges { get; init; } = 256;

    /// <summary>Requests that wait for a new singleton at a time; a further one is answered with <see cref="Messages.Moved"/>. At least 0.</summary>
    public int MaxHeld { get; init; } = 256;
}
