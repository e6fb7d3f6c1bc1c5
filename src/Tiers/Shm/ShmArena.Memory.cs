using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Shm;

/// <summary>The same books over memory that is no file's.</summary>
public sealed unsafe partial class ShmArena
{
    /// <summary>
    /// Keeps the books of memory that is no file's, in another tier: the descriptors are zero, and the caller's to free after this is disposed. Nothing
    /// here reads the payload, which may be a device's.
    /// </summary>
    internal static ShmArena OverMemory(ArenaState state, NodeId node, TierKind tier, ShmArenaHooks hooks)
    {
        var report = new ArenaAttacher(state, unverified: false).Run(created: true, static () => TimeSpan.Zero);
        return new ShmArena(null, state, report, new ShmDirectory(state, node, tier, DigestAlgorithm.Blake3, hooks), "");
    }

    /// <summary>Lets readers find nothing any more and ends their leases, for memory that is lost; the books stay. Any thread.</summary>
    internal void CloseToReaders()
    {
        _state.Gate.Close();
        _state.Leases.EndAll();
    }
}
