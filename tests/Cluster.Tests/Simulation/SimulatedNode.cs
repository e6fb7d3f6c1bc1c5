using Cascade.Actors;
using Cascade.Cluster.Index;
using Cascade.Cluster.Owners;
using Cascade.Cluster.Registry;
using Cascade.Cluster.Tracking;
using Cascade.Core.Clocks;
using Cascade.Core.Eviction;
using Cascade.Core.Identity;
using Cascade.Core.Indices;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Registry;
using Cascade.Core.Tests.Tiering;
using Cascade.Core.Tiering;
using Cascade.Core.Tracking;
using Cascade.Tiers.Memory;

namespace Cascade.Cluster.Tests.Simulation;

/// <summary>One node put together as the node program does it, over an arena without bytes, in one thread under virtual time.</summary>
internal sealed class SimulatedNode : IDisposable
{
    public const int Granule = 4096;

    /// <summary>Short waits, so that runs meet their ends; the bounds are low for the same reason.</summary>
    private static readonly OwnerSettings OwnerSettings = new()
    {
        FillTimeout = TimeSpan.FromMilliseconds(300),
        DropTimeout = TimeSpan.FromSeconds(1),
        MaxLeaseFor = TimeSpan.FromMilliseconds(250),
        MaxWaiters = 2,
        MaxLeases = 4,
    };

    private static readonly MemoryTierSettings TierSettings =
        new(16 * Granule, WaitingPutsMax: 4, EvictionsInFlightMax: 3, EvictionTimeout: TimeSpan.FromMilliseconds(100));

    private readonly ArenaStandIn _arena;
    private readonly ArrivingReads _policy;

    public SimulatedNode(ulong seed, Workload workload)
    {
        Sim = new SimulatedSystem(seed);
        var time = Sim.Time;
        Ledger = new RunLedger(Registered);
        _arena = new ArenaStandIn((long)workload.Granules * Granule, workload.Slots);
        // What is decided must be safe with any policy.
        _policy = new ArrivingReads(seed % 2 == 0 ? new S3FifoPolicy(workload.Slots, _arena.CapacityBytes) : new HazardPolicy(workload.Slots), workload.Slots);
        Arena = new WatchedArena(_arena, workload.AliasesMax, time, Ledger);

        var sharding = ClusterSharding.Get(Sim.System);
        var context = new OwnerContext(OwnerSettings, new LocalCopies(new Inventory(Arena)), Sim.Recipients, Clock, time);
        Owners = sharding.Start(
            BlockOwner.RegionName,
            id => BlockOwner.Props(id, context),
            new ClusterShardingSettings { PassivateIdleEntityAfter = workload.PassivateAfter, EntitiesDecideOnPassivation = true },
            new BlockMessageExtractor());
        var view = Sample.Alone();
        KeyLanes = KeyIndexRouter.StartLanes(Sim.System, view, new KeyIndexSettings(), Sim.Recipients, time);
        KeyIndex = KeyIndexRouter.Create(Sim.System, view, KeyLanes, others: null);
        var quota = new RegistrySettings { QuotaBytes = _arena.CapacityBytes / 4 };
        Registry = Sim.System.ActorOf(PrefixRegistry.Props(quota, Registered, Sim.Recipients, time), "prefix-registry");
        var tracking = new AccessTrackerSettings { ExpectedBlocks = workload.Slots };
        Tracker = Sim.System.ActorOf(AccessTracker.Props(tracking, Accesses), "access-tracker");
        Sim.Recipients.Add(Destination.Owners, Owners);
        Sim.Recipients.Add(Destination.KeyIndex, KeyIndex);

        var core = new MemoryTierCore(Sample.Shm, Arena, new WatchedPolicy(_policy, Ledger), Registered, TierSettings);
        Memory = Sim.System.ActorOf(MemoryTier.Props(core, Sim.Recipients, time), "memory-tier");
        Sim.Recipients.Add(Sample.Shm, Memory);
        foreach (var lane in KeyLanes)
            lane.Tell(view.Current, ActorRefs.NoSender);
    }

    public SimulatedSystem Sim { get; }

    public RunLedger Ledger { get; }

    public WatchedArena Arena { get; }

    public RegistryReplica Registered { get; } = new();

    public AccessLog Accesses { get; } = new(64);

    public HybridClock Clock { get; } = new(TimeSpan.FromMinutes(1));

    public IActorRef Owners { get; }

    public IActorRef KeyIndex { get; }

    public IReadOnlyList<IActorRef> KeyLanes { get; }

    public IActorRef Registry { get; }

    public IActorRef Tracker { get; }

    public IActorRef Memory { get; }

    public TimeSpan Now => Sim.Time.Elapsed;

    public HybridTimestamp NextStamp() => Clock.Next(Sim.Time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>
    /// Names a block by a key in the index, after the directory: an overruled binding is taken back there, and a block that went
    /// meanwhile is forgotten, for the tier's own word to forget it may have come before the binding.
    /// </summary>
    public async Task BindAsync(KeyBinding binding, BlockId id)
    {
        var bound = await KeyIndex.Ask<Bound>(new Bind(binding, id));
        if (!bound.Applied)
            Memory.Tell(new ReleaseKey(binding.Key, id, binding.Stamp), ActorRefs.NoSender);
        else if (!Arena.TryFind(id, out _))
            KeyIndex.Tell(new Forget(binding.Key, id, binding.Stamp), ActorRefs.NoSender);
    }

    public void Dispose()
    {
        Sim.Dispose();
        _policy.Dispose();
        _arena.Dispose();
    }

    private sealed class Inventory(WatchedArena arena) : ICopyInventory
    {
        public IReadOnlyList<CopyLocation> CopiesOf(BlockId id) => arena.TryFind(id, out var copy) ? [copy] : [];

        public bool Holds(BlockId id) => arena.TryFind(id, out _);
    }
}
