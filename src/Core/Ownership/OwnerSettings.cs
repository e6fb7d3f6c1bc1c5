namespace Cascade.Core.Ownership;

/// <summary>Limits and waits of every block owner of a node. One instance is shared by all of them.</summary>
public sealed record OwnerSettings
{
    /// <summary>True when some node has a cold tier: the last copy is then written there before memory gives it up.</summary>
    public bool HasColdTier { get; init; }

    /// <summary>How long a writer may take from its grant to its commit; then the next writer gets the grant.</summary>
    public TimeSpan FillTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a tier may take to pull a copy; then another pull to that tier may start.</summary>
    public TimeSpan PullTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a tier may take to demote a copy; then it is told again.</summary>
    public TimeSpan DemoteTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a tier may take to confirm a drop; then the copy is taken as gone, and dropped again should the tier announce it.
    /// </summary>
    public TimeSpan DropTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest lease that is given; longer requests are shortened to it.</summary>
    public TimeSpan MaxLeaseFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Writers that may wait for one block; a further one is answered at once that the block is busy. At least 0.
    /// </summary>
    public int MaxWaiters { get; init; } = 16;

    /// <summary>
    /// Leases and pulls that one block may have at a time; a further reader is answered that it is busy. At least 1.
    /// </summary>
    public int MaxLeases { get; init; } = 4096;

    /// <summary>
    /// Copies of one block that are counted; a tier that announces a further one is told to drop it. At least 1.
    /// </summary>
    public int MaxCopies { get; init; } = 1024;

    /// <summary>Keys of one block that may be registered as shared. At least 1.</summary>
    public int MaxRegistrations { get; init; } = 1024;

    /// <summary>
    /// Removed copies that are remembered, so that a late announcement of one does not bring it back. At least 0. A forgotten one
    /// costs a reader a second try, because the entry's generation tells that it is gone.
    /// </summary>
    public int RemovedMemory { get; init; } = 8;

    /// <summary>How long they are: longer than any message is under way.</summary>
    public TimeSpan RemovedFor { get; init; } = TimeSpan.FromSeconds(30);
}
