namespace Cascade.Core.Remote;

/// <summary>The bounds of what a node lends to others.</summary>
public sealed record CopyLenderSettings
{
    /// <summary>Most leases that other nodes hold here at a time; one more is answered <c>Busy</c>.</summary>
    public int LeasesMax { get; init; } = 65_536;

    /// <summary>Longest time of a lease; who asks for more gets this: at most 7 days.</summary>
    public TimeSpan LeaseForMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Most blocks that are brought into memory from another tier of the node for others at a time.</summary>
    public int StagingsMax { get; init; } = 256;

    /// <summary>Most readers that wait for one of them.</summary>
    public int ReadersPerStagingMax { get; init; } = 64;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range.</exception>
    public void Validate()
    {
        if (LeasesMax < 1 || StagingsMax < 1 || ReadersPerStagingMax < 1)
            throw new ArgumentException("Leases, stagings and readers of a staging are each to be 1 or more.");
        if (LeaseForMax <= TimeSpan.Zero || LeaseForMax > TimeSpan.FromDays(7))
            throw new ArgumentException($"A lease cannot last {LeaseForMax}: give more than 0 and at most 7 days.");
    }
}
