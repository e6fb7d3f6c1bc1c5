using Cascade.Actors.Shells;
using Cascade.Core.Clocks;
using Cascade.Core.Ownership;

namespace Cascade.Cluster.Owners;

/// <summary>What all block owners of a node share.</summary>
/// <param name="Settings">Bounds of the state machine.</param>
/// <param name="Directory">Where the copies are known to lie.</param>
/// <param name="Recipients">Whom owners send to.</param>
/// <param name="Clock">Numbers the fills and leases of each life beyond those of earlier ones.</param>
/// <param name="Time">The node's time.</param>
public sealed record OwnerContext(
    OwnerSettings Settings, ICopyDirectory Directory, Recipients Recipients, HybridClock Clock, TimeProvider Time)
{
    /// <summary>The owners that are alive.</summary>
    public LiveOwners Live { get; } = new();
}
