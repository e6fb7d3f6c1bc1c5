using System.Collections.Concurrent;
using System.Net;
using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Eviction;
using Cascade.Core.Fabric;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Registry;
using Cascade.Core.Remote;
using Cascade.Core.Sharding;
using Cascade.Core.Tiering;
using Cascade.Tiers.Fabric;
using Cascade.Tiers.Memory;
using Cascade.Tiers.Payload;
using Cascade.Tiers.Remote;
using Cascade.Tiers.Shm;
using Cascade.Tiers.Tests.Shm;

namespace Cascade.Tiers.Tests.Remote;

/// <summary>A node with a real arena, memory tier, remote tier and fabrics on loopback; its owners are a stand-in that keeps what it is told.</summary>
internal sealed class RemoteNode : IAsyncDisposable
{
    private readonly RemoteWorld _world;
    private readonly S3FifoPolicy _policy;
    private readonly PayloadWriter _writer = new(DigestAlgorithm.Blake3, 1, long.MaxValue);
    private readonly SameHostFabric? _mapping;
    private readonly BulkClient _bulk;
    private readonly BulkServer _server;

    public RemoteNode(RemoteWorld world, NodeId id, RemoteNodeOptions options)
    {
        (_world, Id) = (world, id);
        var arena = new ShmArenaOptions
        {
            ClusterName = "test",
            Node = id,
            CapacityBytes = options.CapacityBytes,
            SlotCount = 64,
            MaxLeases = 64,
            Directory = world.Folder,
        };
        Arena = ShmArena.Open(arena, world.Time, new ShmArenaHooks { OnCorrupt = (copy, block) => Memory!.Tell(new ReportCorrupt(block, copy), ActorRefs.NoSender) });
        System = ActorSystem.Create($"node{id.Value}", new ActorSystemSettings { Time = world.Time, LogSink = Log.Enqueue });
        View = new ClusterView(id);
        Nodes = new NodeRefs(View, world.Resolve);
        Recipients = new Recipients { Others = Nodes };
        Recipients.Add(Destination.Owners, System.ActorOf(Props.Create(() => new Keeper(Owners)), "owners"));
        Recipients.Add(Destination.KeyIndex, System.ActorOf(Props.Create(() => new Keeper(KeyIndex)), "key-index"));
        _policy = new S3FifoPolicy(64, options.CapacityBytes);
        var address = new TierAddress(id, TierKind.Shm);
        Memory = System.ActorOf(
            MemoryTier.Props(new MemoryTierCore(address, Arena, _policy, new RegistryReplica(), MemoryTierSettings.Default), Recipients, world.Time), "memory-tier");
        Recipients.Add(address, Memory);
        _server = BulkServer.Start(
            new BulkServerOptions { ClusterName = "test", Node = id, EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, Arena.Directory, TimeProvider.System);
        _bulk = new BulkClient(new BulkClientOptions { ClusterName = "test", Node = id, Locate = world.Locate }, TimeProvider.System);
        _mapping = options.Maps ? new SameHostFabric(new SameHostOptions { ClusterName = "test", Directory = world.Folder }, world.Time, _writer) : null;
        var router = new FabricRouter(new FabricChooserSettings(), world.Time, _mapping is null ? [_bulk] : [_mapping, _bulk]);
        Space = new ArenaPullSpace(Memory, Arena, world.Time);
        Reader = new RemoteReader(options.Reader, Nodes, router, _mapping, options.Space ?? Space, world.Time);
        if (options.Cold is not null)
            Cold = System.ActorOf(Props.Create(() => new ColdStandIn(this, options.Cold)), "cold-tier");
        Tier = System.ActorOf(
            RemoteTier.Props(new RemoteTierContext
            {
                Nodes = Nodes,
                Recipients = Recipients,
                Copies = Arena.Directory,
                Space = Space,
                Cold = Cold,
                Router = router,
                Peers = new FabricPeers(router, _mapping, _bulk),
                Reader = Reader,
                FirstLease = 1,
                Time = world.Time,
                Bringing = options.Bringing,
            }),
            "remote-tier");
        Recipients.Add(new TierAddress(id, TierKind.Remote), Tier);
    }

    public NodeId Id { get; }

    public ShmArena Arena { get; }

    public ActorSystem System { get; }

    public ClusterView View { get; }

    public NodeRefs Nodes { get; }

    public Recipients Recipients { get; }

    public IActorRef Memory { get; }

    public IActorRef? Cold { get; }

    public IActorRef Tier { get; }

    public ArenaPullSpace Space { get; }

    public RemoteReader Reader { get; }

    public ConcurrentQueue<object> Owners { get; } = [];

    public ConcurrentQueue<object> KeyIndex { get; } = [];

    public ConcurrentQueue<LogEvent> Log { get; } = [];

    public EndPoint BulkEndPoint => _server.EndPoint;

    public long SentBytes => _server.SentBytes;

    /// <summary>Puts a block as a writer here does.</summary>
    public async Task<CopyLocation> PutAsync(int seed, int length = 5000)
    {
        var room = (await Memory.Ask<Reserved>(new Reserve(length, TimeSpan.FromSeconds(1)))).Reservation;
        ArenaSandbox.Bytes(seed, length).CopyTo(Arena.Fill(room, 0, length));
        return (await Memory.Ask<Published>(new Publish(room, ArenaSandbox.Id(seed, length), ArenaSandbox.Binding(seed)))).Copy;
    }

    public unsafe void Flip(in CopyLocation copy, long offset = 100) => ((byte*)Arena.PayloadAddress)[copy.OffsetBytes + offset] ^= 0xFF;

    /// <summary>Waits until the owners were told this.</summary>
    public Task OwnersToldAsync(object message) => RemoteReaderTests.EventuallyAsync(() => Task.FromResult(Owners.Contains(message)));

    /// <summary>Free bytes, once all that the memory tier was told before is done.</summary>
    public async Task<TierReport> ReportAsync() => await Memory.Ask<TierReport>(ReportTier.Instance);

    /// <summary>Waits until the remote tier has handled all that it was told before.</summary>
    public async Task SettleAsync() => await Tier.Ask<NotFound>(new RenewCopy(ulong.MaxValue, TimeSpan.FromSeconds(1)));

    public async ValueTask DisposeAsync()
    {
        System.Dispose();
        await System.WhenTerminated;
        _bulk.Dispose();
        await _server.DisposeAsync();
        _mapping?.Dispose();
        _writer.Dispose();
        Arena.Dispose();
        _policy.Dispose();
    }

    private sealed class Keeper(ConcurrentQueue<object> messages) : UntypedActor
    {
        protected override void OnReceive(object message) => messages.Enqueue(message);
    }

    private sealed class ColdStandIn(RemoteNode node, Func<RemoteNode, object, Task<object>> answer) : UntypedActor
    {
        protected override void OnReceive(object message) => _ = answer(node, message).PipeTo(Sender);
    }
}

/// <summary>What a node of a test is to be.</summary>
internal sealed record RemoteNodeOptions
{
    public bool Maps { get; init; } = true;

    public long CapacityBytes { get; init; } = 1 << 20;

    public RemoteReaderOptions Reader { get; init; } = new();

    public CopyBringerSettings Bringing { get; init; } = new();

    public IPullSpace? Space { get; init; }

    public Func<RemoteNode, object, Task<object>>? Cold { get; init; }
}
