using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Cluster.Index;
using Cascade.Cluster.Owners;
using Cascade.Cluster.Registry;
using Cascade.Cluster.Tracking;
using Cascade.Core.Clocks;
using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Indices;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Registry;
using Cascade.Core.Tiering;
using Cascade.Core.Tracking;
using Cascade.Tiers.Memory;
using Cascade.Tiers.Remote;

namespace Cascade.Hosting.Node;

/// <summary>The actors of a node.</summary>
/// <param name="Known">Those that callers ask.</param>
/// <param name="Lanes">The node's part of the key index; none on a client.</param>
/// <param name="Subscribers">Those that are told of each change of the cluster.</param>
/// <param name="Reader">Reads the copies of other nodes; not an actor, but told of the cluster by one.</param>
/// <param name="Shared">Reads cold files that the node shares with others; null when it shares none.</param>
internal sealed record NodeActors(
    CascadeActors Known, IReadOnlyList<IActorRef> Lanes, IReadOnlyList<IActorRef> Subscribers, RemoteReader Reader, SharedCopies? Shared)
{
    /// <summary>Memory is as good as full when less than this part of it is free: enough for some puts at a time to pass through on their way to other nodes.</summary>
    private const int TransitPart = 32;

    private static readonly TimeSpan ReportPatience = TimeSpan.FromSeconds(1);

    /// <summary>Shards of the key index that the node is in charge of, or has to hand over yet.</summary>
    public async Task<int> ShardsHeldAsync()
    {
        try
        {
            var reports = await Task.WhenAll(Lanes.Select(static lane => lane.Ask<KeyLaneReport>(ReportKeyIndex.Instance, ReportPatience)));
            return reports.Sum(static report => report.Primary + report.Backup + report.HandingOver);
        }
        catch (AskTimeoutException)
        {
            return int.MaxValue;
        }
    }

    /// <summary>Starts them. The tiers come last: their first messages may already need all others.</summary>
    public static NodeActors Start(NodeGround ground, ClusterParts cluster, NodeFabric fabric, HybridClock clock, long quotaBytes)
    {
        var (system, recipients) = (ground.System, ground.Recipients);
        var subscribers = new List<IActorRef>();
        var owners = StartOwners(ground, cluster, clock, subscribers);
        IReadOnlyList<IActorRef> lanes = ground.Options.Node.IsClient
            ? []
            : KeyIndexRouter.StartLanes(system, cluster.View, new KeyIndexSettings(), recipients, ground.Time);
        subscribers.AddRange(lanes);
        var keyIndex = KeyIndexRouter.Create(system, cluster.View, lanes, cluster.Nodes);
        recipients.Add(Destination.KeyIndex, keyIndex);
        var registryHere = system.ActorOf(
            PrefixRegistry.Props(new RegistrySettings { QuotaBytes = quotaBytes }, ground.Registered, recipients, ground.Time), NameOf(NodePaths.Registry));
        subscribers.Add(registryHere);
        var registry = PrefixRegistry.Routed(system, registryHere, cluster.Nodes);
        var tracker = StartTracker(ground);
        var cold = ground.Cold?.Start(system, recipients, ground.Startup);
        var memory = StartMemory(ground);
        var space = new ArenaPullSpace(memory, ground.Arena, ground.Time);
        ground.Gpu?.Start(ground, space, keyIndex);
        var shared = ground.Cold?.Records is { } records ? new SharedCopies(cluster.Nodes, records, space, ground.Time) : null;
        var reader = StartRemote(ground, cluster, fabric, space, shared, cold, clock, subscribers);
        return new NodeActors(new CascadeActors(memory, cold, owners, keyIndex, registry, tracker), lanes, subscribers, reader, shared);
    }

    private static RemoteReader StartRemote(
        NodeGround ground, ClusterParts cluster, NodeFabric fabric, ArenaPullSpace space, SharedCopies? shared, IActorRef? cold, HybridClock clock,
        List<IActorRef> subscribers)
    {
        var (options, recipients) = (ground.Options, ground.Recipients);
        var reading = new RemoteReaderOptions { DigestAlgorithm = options.Cluster.Digest, LeasesMax = options.Leases.Max };

        // A node that stores has what it reads from shared files brought to stay; a client reads it once.
        var reader = new RemoteReader(
            reading, cluster.Nodes, fabric.Router, fabric.Mapping, space, ground.Time, options.Node.IsClient ? shared : null);
        var remote = ground.System.ActorOf(
            RemoteTier.Props(new RemoteTierContext
            {
                Nodes = cluster.Nodes,
                Recipients = recipients,
                Copies = ground.Arena.Directory,
                Space = space,
                Cold = cold,
                Gpu = ground.Gpu?.Stager,
                Shared = shared,
                Router = fabric.Router,
                Peers = fabric.Peers,
                Reader = reader,
                DigestAlgorithm = options.Cluster.Digest,
                FirstLease = clock.Next(ground.Time.GetUtcNow().ToUnixTimeMilliseconds()).Value,
                Time = ground.Time,
            }),
            NameOf(NodePaths.RemoteTier));
        recipients.Add(new TierAddress(ground.Self, TierKind.Remote), remote);
        subscribers.Add(remote);
        return reader;
    }

    private static IActorRef StartOwners(NodeGround ground, ClusterParts cluster, HybridClock clock, List<IActorRef> subscribers)
    {
        var (options, system, recipients) = (ground.Options, ground.System, ground.Recipients);
        var directory = new CopyDirectory();
        var settings = new OwnerSettings { HasColdTier = ground.Cold is not null };
        var context = new OwnerContext(settings, directory, recipients, clock, ground.Time);
        var loader = system.ActorOf(CopyLoader.Props(cluster.View, directory, recipients, context.Live, ground.Time), NameOf(CopyLoader.Path));
        recipients.Add(CopyPort.Loader, loader);
        var sharding = ClusterSharding.Get(system);
        var owners = sharding.Start(
            BlockOwner.RegionName,
            id => BlockOwner.Props(id, context),
            new ClusterShardingSettings
            {
                PassivateIdleEntityAfter = options.Actors.PassivateAfter,
                EntitiesDecideOnPassivation = true,
                ActiveEntityLimit = options.Actors.EntitiesMax,
                HandOffStopMessage = ShardHandedOff.Instance,
            },
            new BlockMessageExtractor(),
            new ShardingCluster(cluster.Nodes, loader));
        recipients.Add(Destination.Owners, owners);
        subscribers.Add(loader);
        subscribers.Add(sharding.LocalRegion(BlockOwner.RegionName));
        if (!options.Node.IsClient)
        {
            var reporter = system.ActorOf(CopyReporter.Props(cluster.View, TiersOf(ground), recipients), NameOf(CopyReporter.Path));
            recipients.Add(CopyPort.Reporter, reporter);
            subscribers.Add(reporter);
            cluster.OnConnected(node => reporter.Tell(new CompareWith(node), ActorRefs.NoSender));
        }

        return owners;
    }

    private static TierKind[] TiersOf(NodeGround ground)
    {
        TierKind?[] tiers = [TierKind.Shm, ground.Cold is null ? null : TierKind.Cold, ground.Gpu is null ? null : TierKind.Gpu];
        return [.. tiers.OfType<TierKind>()];
    }

    private static IActorRef StartTracker(NodeGround ground) => ground.System.ActorOf(
        AccessTracker.Props(
            new AccessTrackerSettings
            {
                ExpectedBlocks = ground.Options.Tiers.Shm.MaxBlocks,
                RemoteHitsToPromote = ground.Options.Tracker.PromoteAfterHits,
            },
            ground.Accesses),
        "access-tracker");

    private static IActorRef StartMemory(NodeGround ground)
    {
        var (options, recipients) = (ground.Options, ground.Recipients);
        var shm = options.Tiers.Shm;
        var settings = MemoryTierSettings.Default with
        {
            MaxBlockBytes = shm.MaxBlockBytes,
            WaitingPutsMax = shm.WaitingPutsMax,
            HasColdTier = ground.Cold is not null,
            HasGpuTier = ground.Gpu is not null,
            TransitBytes = shm.CapacityBytes / TransitPart,
            HeadroomBytes = ground.Cold is not null ? (long)(shm.CapacityBytes * options.Tiers.Cold.Headroom) : 0,
        };
        var arena = ground.Startup.WatchArena?.Invoke(ground.Arena) ?? ground.Arena;
        // What a former life of a client left was on its way to other nodes, or is there: here it would only take room.
        if (options.Node.IsClient)
            arena.Visit((copy, _, _) => arena.TryFree(copy.Slot, copy.Generation));
        var core = new MemoryTierCore(ground.Address, arena, ground.Policy, ground.Registered, settings);
        var memory = ground.System.ActorOf(MemoryTier.Props(core, recipients, ground.Time), NameOf(NodePaths.MemoryTier));
        recipients.Add(ground.Address, memory);
        recipients.Add(ColdPort.Memory, memory);
        return memory;
    }

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
