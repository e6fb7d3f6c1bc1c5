using Cascade.Core.Identity;
using Cascade.Tiers.Gpu;

namespace Cascade.Hosting.Replay;

/// <summary>One way into the cache.</summary>
/// <param name="Cache">The interface.</param>
/// <param name="Home">The node in whose place it stands: what is read of that one's memory counts as memory, not as another node's. Null for its own.</param>
/// <param name="Devices">The device memory in which blocks are asked for; null for shared memory.</param>
internal sealed record ReplayHost(ICascade Cache, NodeId? Home = null, GpuPool? Devices = null)
{
    /// <summary>The tier that a hit counts for.</summary>
    public TierKind TierOf(in GetResult hit) => hit.Lease.Tier == TierKind.Remote && hit.Holder is { } holder && holder == Home ? TierKind.Shm : hit.Lease.Tier;
}
