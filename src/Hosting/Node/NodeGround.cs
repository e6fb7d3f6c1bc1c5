using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Registry;
using Cascade.Core.Tiering;
using Cascade.Core.Tracking;
using Cascade.Hosting.Configuration;
using Cascade.Tiers.Shm;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>What the actors of a node stand on.</summary>
/// <param name="Options">The node's settings.</param>
/// <param name="Startup">What it was started with beside them.</param>
/// <param name="System">Where its actors live.</param>
/// <param name="Recipients">Who stands for what; filled in as actors start.</param>
/// <param name="Address">The node's memory tier.</param>
/// <param name="Arena">The node's memory.</param>
/// <param name="Policy">Which copies memory gives up.</param>
/// <param name="Registered">The node's replica of the prefix registry.</param>
/// <param name="Accesses">What readers write and the tracker reads.</param>
/// <param name="Cold">The node's files; null when it has none.</param>
/// <param name="Logger">The node's log.</param>
internal sealed record NodeGround(
    CascadeOptions Options, NodeStartup Startup, ActorSystem System, Recipients Recipients, TierAddress Address, ShmArena Arena, ArrivingReads Policy,
    RegistryReplica Registered, AccessLog Accesses, ColdParts? Cold, ILogger Logger)
{
    /// <summary>The node's device memory; null when it has none.</summary>
    public GpuParts? Gpu { get; init; }

    /// <summary>The node.</summary>
    public NodeId Self => Address.Node;

    /// <summary>The node's time.</summary>
    public TimeProvider Time => Startup.Time;
}
