using Cascade.Actors;
using Cascade.Actors.Remoting;
using Cascade.Actors.Shells;
using Cascade.Cluster.Index;
using Cascade.Cluster.Owners;
using Cascade.Cluster.Registry;
using Cascade.Cluster.Tracking;
using Cascade.Core.Clocks;
using Cascade.Core.Cold;
using Cascade.Core.Eviction;
using Cascade.Core.Identity;
using Cascade.Core.Indices;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Registry;
using Cascade.Core.Sharding;
using Cascade.Core.Tiering;
using Cascade.Core.Tracking;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Security;
using Cascade.Tiers.Memory;
using Cascade.Tiers.Payload;
using Cascade.Tiers.Shm;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>What a node consists of, put together in the one order that works: arena, actors, and who knows whom.</summary>
internal sealed record NodeParts(
    ShmArena Arena, S3FifoPolicy Policy, PayloadWriter Writer, ActorSystem System, CacheContext Cache, ColdParts? Cold, ClusterParts Cluster, ClusterTls? Tls)
{
    /// <summary>A binding stamped by a clock that is ahead by more than this is not believed.</summary>
    private static readonly TimeSpan ClockDriftMax = TimeSpan.FromMinutes(1);

    /// <summary>Blocks that are read ahead of one reader at most, however small they are.</summary>
    private const int ReadAheadBlocksMax = 256;

    /// <summary>Opens the arena and starts the actors.</summary>
    public static NodeParts Build(CascadeOptions options, NodeStartup startup, ILogger logger)
    {
        var self = new NodeId((uint)options.Node.Id);
        var accesses = new AccessLog(options.Tracker.SampleLog);
        var policy = new S3FifoPolicy(options.Tiers.Shm.MaxBlocks, options.Tiers.Shm.CapacityBytes);
        var recipients = new Recipients();
        var address = new TierAddress(self, TierKind.Shm);
        var arena = OpenArena(options, startup, self, new ShmArenaHooks
        {
            Policy = policy,
            OnAccess = prefix => accesses.TryWrite(prefix),
            OnCorrupt = (copy, id) =>
            {
                NodeLog.CorruptBlock(logger, id, copy.Slot);
                recipients[address].Tell(new ReportCorrupt(id, copy), null);
            },
            Progress = startup.Progress,
        });
        ColdParts? cold = null;
        try
        {
            LogArena(logger, options, arena);
            var registered = new RegistryReplica();
            if (options.Tiers.Cold.IsPresent)
                cold = ColdParts.Open(options, arena, registered, startup, logger);
            return StartOn(arena, policy, accesses, recipients, address, registered, cold, options, startup, logger);
        }
        catch
        {
            cold?.Dispose();
            arena.Dispose();
            if (!startup.KeepArena)
                arena.Remove();
            policy.Dispose();
            throw;
        }
    }

    private static NodeParts StartOn(
        ShmArena arena,
        S3FifoPolicy policy,
        AccessLog accesses,
        Recipients recipients,
        TierAddress address,
        RegistryReplica registered,
        ColdParts? cold,
        CascadeOptions options,
        NodeStartup startup,
        ILogger logger)
    {
        var system = ActorSystem.Create($"cascade-{options.Cluster.Name}", new ActorSystemSettings
        {
            Time = startup.Time,
            DefaultMailboxCapacity = options.Actors.MailboxCapacity,
            AskTimeout = options.Actors.AskTimeout,
            LogSink = e => Log(logger, e),
        });
        try
        {
            return StartOn(system, arena, policy, accesses, recipients, address, registered, cold, options, startup, logger);
        }
        catch
        {
            _ = system.Terminate();
            throw;
        }
    }

    private static NodeParts StartOn(
        ActorSystem system,
        ShmArena arena,
        S3FifoPolicy policy,
        AccessLog accesses,
        Recipients recipients,
        TierAddress address,
        RegistryReplica registered,
        ColdParts? cold,
        CascadeOptions options,
        NodeStartup startup,
        ILogger logger)
    {
        var quota = (long)(options.Tiers.Shm.CapacityBytes * options.Protection.QuotaShare);
        var clock = new HybridClock(ClockDriftMax, arena.LastStamp);
        var start = clock.Next(startup.Time.GetUtcNow().ToUnixTimeMilliseconds());
        var tls = ClusterTls.Load(options.Remoting.Tls, startup.Time);
        foreach (var warning in tls?.Warnings ?? [])
            NodeLog.TlsWarning(logger, warning);
        var cluster = new ClusterParts(address.Node, RemotingNetwork.Listen(options, system, tls, start.Value, logger), logger);
        recipients.Others = cluster.Nodes;
        var inventory = new NodeInventory(arena, cold?.Store);
        var actors = StartActors(
            options, startup, system, recipients, new Shared(address, arena, policy, registered, accesses, clock, inventory, cold, quota));
        cluster.Join(options, system, startup, start, MemberMetadata.None, []);
        var writer = new PayloadWriter(options.Cluster.Digest, options.Put.HashThreads, options.Put.ParallelFromBytes);
        var defaults = new CacheDefaults(
            options.Put.Deadline, options.Actors.AskTimeout, options.Leases.Duration, options.Put.HashThreads,
            options.Tiers.Cold.ReadAheadBytes > 0 ? ReadAheadBlocksMax : 0, quota);
        return new NodeParts(
            arena, policy, writer, system,
            new CacheContext(address.Node, arena, writer, actors, inventory, registered, clock, startup.Time, defaults), cold, cluster, tls);
    }

    private sealed record Shared(
        TierAddress Address,
        ShmArena Arena,
        S3FifoPolicy Policy,
        RegistryReplica Registered,
        AccessLog Accesses,
        HybridClock Clock,
        NodeInventory Inventory,
        ColdParts? Cold,
        long QuotaBytes);

    private static CascadeActors StartActors(
        CascadeOptions options, NodeStartup startup, ActorSystem system, Recipients recipients, Shared shared)
    {
        var time = startup.Time;
        var sharding = ClusterSharding.Get(system);
        var ownerSettings = new OwnerSettings { HasColdTier = shared.Cold is not null };
        var ownerContext = new OwnerContext(ownerSettings, shared.Inventory, recipients, shared.Clock, time);
        var owners = sharding.Start(
            BlockOwner.RegionName,
            id => BlockOwner.Props(id, ownerContext),
            new ClusterShardingSettings
            {
                PassivateIdleEntityAfter = options.Actors.PassivateAfter,
                EntitiesDecideOnPassivation = true,
                ActiveEntityLimit = options.Actors.EntitiesMax,
            },
            new BlockMessageExtractor(ShardMap.Shards));
        var keyIndex = sharding.Start(
            KeyIndexShard.RegionName,
            _ => KeyIndexShard.Props(new KeyIndexSettings(), recipients, time),
            new ClusterShardingSettings { PassivateIdleEntityAfter = Timeout.InfiniteTimeSpan },
            new KeyMessageExtractor(ShardMap.Shards));
        var registry = system.ActorOf(
            PrefixRegistry.Props(new RegistrySettings { QuotaBytes = shared.QuotaBytes }, shared.Registered, recipients, time), "prefix-registry");
        var tracker = system.ActorOf(
            AccessTracker.Props(
                new AccessTrackerSettings
                {
                    ExpectedBlocks = options.Tiers.Shm.MaxBlocks,
                    RemoteHitsToPromote = options.Tracker.PromoteAfterHits,
                },
                shared.Accesses),
            "access-tracker");
        recipients.Add(Destination.Owners, owners);
        recipients.Add(Destination.KeyIndex, keyIndex);

        // The tiers start last: their first messages may already need all others.
        var cold = shared.Cold?.Start(system, recipients, startup);
        var memory = StartMemory(options, time, system, recipients, shared);
        return new CascadeActors(memory, cold, owners, keyIndex, registry, tracker);
    }

    private static IActorRef StartMemory(
        CascadeOptions options, TimeProvider time, ActorSystem system, Recipients recipients, Shared shared)
    {
        var shm = options.Tiers.Shm;
        var settings = MemoryTierSettings.Default with
        {
            MaxBlockBytes = shm.MaxBlockBytes,
            WaitingPutsMax = shm.WaitingPutsMax,
            HasColdTier = shared.Cold is not null,
            HeadroomBytes = shared.Cold is not null ? (long)(shm.CapacityBytes * options.Tiers.Cold.Headroom) : 0,
        };
        var core = new MemoryTierCore(shared.Address, shared.Arena, shared.Policy, shared.Registered, settings);
        var memory = system.ActorOf(MemoryTier.Props(core, recipients, time), "memory-tier");
        recipients.Add(shared.Address, memory);
        recipients.Add(ColdPort.Memory, memory);
        return memory;
    }

    private static ShmArena OpenArena(CascadeOptions options, NodeStartup startup, NodeId self, ShmArenaHooks hooks)
    {
        var shm = options.Tiers.Shm;
        return ShmArena.Open(
            new ShmArenaOptions
            {
                ClusterName = options.Cluster.Name,
                Node = self,
                CapacityBytes = shm.CapacityBytes,
                Directory = shm.Directory,
                SlotCount = shm.MaxBlocks,
                DigestAlgorithm = options.Cluster.Digest,
                FileMode = shm.Mode,
                HugePages = shm.HugePages,
                Prefault = shm.PreFault,
                Reset = startup.Reset,
                VerifyAfterAttach = shm.VerifyAfterAttach,
                MaxLeases = options.Leases.Max,
            },
            startup.Time,
            hooks);
    }

    private static void Log(ILogger logger, LogEvent told)
    {
        if (told is RemotingEvent remoting)
            NodeLog.Remoting(logger, remoting.Peer, remoting.Text);
        else
            NodeLog.ActorFailed(logger, told.LogSource, told.Message, (told as Error)?.Cause);
    }

    private static void LogArena(ILogger logger, CascadeOptions options, ShmArena arena)
    {
        var report = arena.Report;
        var milliseconds = (long)report.Elapsed.TotalMilliseconds;
        if (report.Created)
            NodeLog.ArenaCreated(logger, arena.FilePath, options.Tiers.Shm.CapacityBytes, arena.SlotCount, milliseconds);
        else
            NodeLog.ArenaAttached(
                logger, arena.FilePath, report.Blocks, report.Bytes, report.Aliases, report.DroppedInFlight, report.DroppedDamaged, milliseconds);
    }
}
