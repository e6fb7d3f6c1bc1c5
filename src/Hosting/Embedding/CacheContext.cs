using System.Runtime.CompilerServices;
using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Clocks;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Ports;
using Cascade.Core.Registry;
using Cascade.Core.Tracking;
using Cascade.Tiers.Fabric;
using Cascade.Tiers.Gpu;
using Cascade.Tiers.Payload;
using Cascade.Tiers.Remote;
using Cascade.Tiers.Shm;

namespace Cascade.Hosting;

/// <summary>What the embedding interface of a node stands on.</summary>
/// <param name="Self">The node.</param>
/// <param name="Arena">The node's own memory, whose directory answers local hits.</param>
/// <param name="Writer">Moves and names payload bytes.</param>
/// <param name="Actors">Whom it asks.</param>
/// <param name="Remote">Reads the copies of other nodes.</param>
/// <param name="Hits">Counts what was read of other nodes, to bring here what is read often.</param>
/// <param name="Inventory">What the node's tiers hold.</param>
/// <param name="Nodes">The actors of other nodes.</param>
/// <param name="Registered">The node's replica of the prefix registry.</param>
/// <param name="Clock">Stamps bindings.</param>
/// <param name="Time">The node's time.</param>
/// <param name="Defaults">Deadlines and durations that a caller leaves open.</param>
internal sealed record CacheContext(
    NodeId Self,
    ShmArena Arena,
    PayloadWriter Writer,
    CascadeActors Actors,
    RemoteReader Remote,
    RemoteHits Hits,
    ICopyInventory Inventory,
    NodeRefs Nodes,
    RegistryReplica Registered,
    HybridClock Clock,
    TimeProvider Time,
    CacheDefaults Defaults)
{
    /// <summary>True when the node stores nothing for others.</summary>
    public bool IsClient { get; init; }

    /// <summary>Reads cold files that the node shares with others; null when it shares none.</summary>
    public SharedCopies? Shared { get; init; }

    /// <summary>The node's device memory; null when it has none.</summary>
    public DeviceMemoryContext? Gpu { get; init; }

    /// <summary>Pulls from other nodes; null when that is not to be counted.</summary>
    public FabricRouter? Router { get; init; }

    /// <summary>Where blocks of other nodes were found lately.</summary>
    public KnownCopies Known { get; } = new();

    /// <summary>Nodes that had no room to spare.</summary>
    public FullNodes Full { get; } = new();

    /// <summary>How many keys wait to be forgotten.</summary>
    public StrongBox<int> Forgetting { get; } = new();
}

/// <summary>What calls for device memory stand on.</summary>
/// <param name="Pool">The memory.</param>
/// <param name="Tier">Its tier: the messages of the memory tier.</param>
/// <param name="Stager">Brings its blocks into shared memory.</param>
/// <param name="Mover">Brings blocks up and down.</param>
/// <param name="Digest">What the cluster names blocks by.</param>
/// <param name="Hits">Counts what was copied to devices without staying there, to keep there what is read often.</param>
internal sealed record DeviceMemoryContext(GpuPool Pool, IActorRef Tier, IActorRef Stager, GpuMover Mover, DigestAlgorithm Digest, RemoteHits Hits);

/// <summary>What holds where a caller says nothing.</summary>
internal sealed record CacheDefaults(
    TimeSpan PutDeadline, TimeSpan AskTimeout, TimeSpan LeaseDuration, int PutWorkers, int ReadAheadBlocks, long ProtectedQuotaBytes);
