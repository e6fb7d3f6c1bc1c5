using Cascade.Core.Identity;

namespace Cascade.Actors.Shells;

/// <summary>Paths of the actors that nodes know each other by: the same on all of them.</summary>
public static class NodePaths
{
    /// <summary>The membership's actor.</summary>
    public const string Membership = "/user/membership";

    /// <summary>The memory tier.</summary>
    public const string MemoryTier = "/user/memory-tier";

    /// <summary>The cold tier.</summary>
    public const string ColdTier = "/user/cold-tier";

    /// <summary>The tier of device memory.</summary>
    public const string GpuTier = "/user/gpu-tier";

    /// <summary>What serves the copies of this node to others, and brings theirs here.</summary>
    public const string RemoteTier = "/user/remote-tier";

    /// <summary>The node's part in the prefix registry.</summary>
    public const string Registry = "/user/prefix-registry";

    /// <summary>What does with the node what others ask for.</summary>
    public const string NodeControl = "/user/node-control";

    /// <summary>The actor of a tier.</summary>
    public static string Of(TierKind tier) => tier switch
    {
        TierKind.Shm => MemoryTier,
        TierKind.Cold => ColdTier,
        TierKind.Remote => RemoteTier,
        TierKind.Gpu => GpuTier,
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "There is no such tier."),
    };
}
