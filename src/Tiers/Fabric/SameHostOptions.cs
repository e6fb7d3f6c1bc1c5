using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Fabric;

/// <summary>What the fabric between nodes of one machine is to be.</summary>
public sealed record SameHostOptions
{
    /// <summary>Name of the cluster: an arena of another one is not read.</summary>
    public required string ClusterName { get; init; }

    /// <summary>Where the arena files lie.</summary>
    public string Directory { get; init; } = "/dev/shm";

    /// <summary>What the cluster names its blocks by.</summary>
    public DigestAlgorithm DigestAlgorithm { get; init; } = DigestAlgorithm.Blake3;

    /// <summary>Who the arena files must belong to; null for the user that this process runs as.</summary>
    public uint? OwnerUserId { get; init; }

    /// <summary>
    /// Says whether a peer runs on this machine; null to go by the files in the directory alone. Without it a file that a node left behind before it moved to another
    /// machine is taken for its arena. Any thread; must not block.
    /// </summary>
    public Func<NodeId, bool>? IsHere { get; init; }

    /// <summary>Most arenas that are mapped at a time: the nodes of one machine.</summary>
    public int MaxPeers { get; init; } = 64;

    /// <summary>Most pulls in flight at a time; one more is answered busy. Each takes a thread of the pool while it copies.</summary>
    public int MaxPullsInFlight { get; init; } = 16;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message says which.</exception>
    internal void Validate()
    {
        if (MaxPeers < 1)
            throw new ArgumentException($"{MaxPeers} arenas cannot be mapped: give 1 or more.");
        if (MaxPullsInFlight < 1)
            throw new ArgumentException($"{MaxPullsInFlight} pulls cannot be in flight: give 1 or more.");
    }
}
