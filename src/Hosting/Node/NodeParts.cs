using Cascade.Actors;
using Cascade.Actors.Remoting;
using Cascade.Actors.Shells;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Registry;
using Cascade.Core.Tiering;
using Cascade.Core.Tracking;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Security;
using Cascade.Tiers.Payload;
using Cascade.Tiers.Shm;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>What a node consists of, put together in the one order that works: arena, network, actors, and who knows whom.</summary>
internal sealed record NodeParts(
    CascadeOptions Options, ShmArena Arena, ArrivingReads Policy, PayloadWriter Writer, ActorSystem System, NodeActors Actors, CacheContext Cache, ColdParts? Cold,
    ClusterParts Cluster, NodeFabric Fabric, ClusterTls? Tls)
{
    /// <summary>The node's device memory; null when it has none.</summary>
    public GpuParts? Gpu { get; init; }

    /// <summary>A binding stamped by a clock that is ahead by more than this is not believed.</summary>
    private static readonly TimeSpan ClockDriftMax = TimeSpan.FromMinutes(1);

    /// <summary>Blocks that are read ahead of one reader at most, however small they are.</summary>
    private const int ReadAheadBlocksMax = 256;

    /// <summary>Opens the arena, starts the actors and begins to join the cluster.</summary>
    public static NodeParts Build(CascadeOptions options, NodeStartup startup, ILogger logger, CancellationToken cancellation = default)
    {
        var self = new NodeId((uint)options.Node.Id);
        var accesses = new AccessLog(options.Tracker.SampleLog);
        var policy = EvictionPolicies.Make(options.Eviction.Policy, options.Tiers.Shm.MaxBlocks, options.Tiers.Shm.CapacityBytes);
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
        GpuParts? gpu = null;
        ClusterTls? tls = null;
        ActorSystem? system = null;
        try
        {
            LogArena(logger, options, arena);
            var registered = new RegistryReplica();
            if (options.Tiers.Cold.IsPresent)
                cold = ColdParts.Open(options, arena, registered, startup, logger);
            gpu = GpuParts.Open(options, startup, arena, accesses, logger, cancellation);
            tls = ClusterTls.Load(options.Remoting.Tls, startup.Time);
            foreach (var warning in tls?.Warnings ?? [])
                NodeLog.TlsWarning(logger, warning);
            system = MakeSystem(options, startup, logger);
            return Start(new NodeGround(options, startup, system, recipients, address, arena, policy, registered, accesses, cold, logger) { Gpu = gpu }, tls, cancellation);
        }
        catch
        {
            _ = system?.Terminate();
            tls?.Dispose();
            cold?.Dispose();
            gpu?.Dispose();
            arena.Dispose();
            if (!startup.KeepArena || !options.Tiers.Shm.Keep)
                arena.Remove();
            policy.Dispose();
            throw;
        }
    }

    private static NodeParts Start(NodeGround ground, ClusterTls? tls, CancellationToken cancellation)
    {
        var (options, startup, arena) = (ground.Options, ground.Startup, ground.Arena);
        var clock = new HybridClock(ClockDriftMax, arena.LastStamp);
        var start = clock.Next(startup.Time.GetUtcNow().ToUnixTimeMilliseconds());
        var network = startup.Network?.Invoke(ground.System, start) ?? RemotingNetwork.Listen(options, ground.System, tls, start.Value, ground.Logger);
        var cluster = new ClusterParts(ground.Self, network, ground.Logger);
        ground.Recipients.Others = cluster.Nodes;
        var inventory = new NodeInventory(arena, ground.Cold?.Store, ground.Gpu?.Pool);
        var quota = (long)(options.Tiers.Shm.CapacityBytes * options.Protection.QuotaShare);
        var writer = new PayloadWriter(options.Cluster.Digest, options.Put.HashThreads, options.Put.ParallelFromBytes);
        var fabric = startup.Fabric is { } simulated
            ? NodeFabric.Of(simulated(arena), startup.Time)
            : NodeFabric.Open(ground, cluster, writer, tls, start, cancellation);
        var actors = NodeActors.Start(ground, cluster, fabric, clock, quota);
        cluster.Join(options, ground.System, startup, start, new MemberMetadata(options.Node.IsClient, [.. fabric.Labels, .. ground.Cold?.Labels ?? []]), actors.Subscribers);
        var defaults = new CacheDefaults(
            options.Put.Deadline, options.Actors.AskTimeout, options.Leases.Duration, options.Put.HashThreads,
            options.Tiers.Cold.ReadAheadBytes > 0 ? ReadAheadBlocksMax : 0, quota);
        return new NodeParts(
            options, arena, ground.Policy, writer, ground.System, actors,
            new CacheContext(
                ground.Self, arena, writer, actors.Known, actors.Reader, new RemoteHits(options.Tracker.PromoteAfterHits), inventory, cluster.Nodes,
                ground.Registered, clock, startup.Time, defaults)
            {
                IsClient = options.Node.IsClient,
                Shared = actors.Shared,
                Router = fabric.Router,
                Gpu = ground.Gpu is { } gpu ? new DeviceMemoryContext(gpu.Pool, gpu.Tier, gpu.Stager, gpu.Mover!, options.Cluster.Digest, new RemoteHits(options.Tracker.PromoteAfterHits)) : null,
            },
            ground.Cold, cluster, fabric, tls)
        {
            Gpu = ground.Gpu,
        };
    }

    private static ActorSystem MakeSystem(CascadeOptions options, NodeStartup startup, ILogger logger)
    {
        var settings = new ActorSystemSettings
        {
            Time = startup.Time,
            DefaultMailboxCapacity = options.Actors.MailboxCapacity,
            AskTimeout = options.Actors.AskTimeout,
            LogSink = e => Log(logger, e),
        };
        return ActorSystem.Create($"cascade-{options.Cluster.Name}", startup.Dispatcher is { } dispatcher ? settings with { Dispatcher = dispatcher } : settings);
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
