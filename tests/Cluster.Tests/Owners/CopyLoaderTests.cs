using System.Collections.Immutable;
using Cascade.Actors;
using Cascade.Cluster.Owners;
using Cascade.Cluster.Tests.Simulation;
using Cascade.Core.Clocks;
using Cascade.Core.Eviction;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Registry;
using Cascade.Core.Sharding;
using Cascade.Core.Tests.Tiering;
using Cascade.Core.Tiering;
using Cascade.Tiers.Memory;

namespace Cascade.Cluster.Tests.Owners;

public sealed class CopyLoaderTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly SimulatedSystem _sim = new();
    private readonly ArenaStandIn _arena = new(16 * SimulatedNode.Granule, 16, Sample.Node.Value);
    private readonly S3FifoPolicy _policy = new(16, 16 * SimulatedNode.Granule);
    private readonly ClusterView _view = new(Sample.Node);
    private readonly CopyDirectory _directory = new();
    private readonly OwnerContext _context;
    private readonly IActorRef _loader;
    private readonly IActorRef _reporter;
    private readonly IActorRef _owners;
    private readonly IActorRef _memory;

    public CopyLoaderTests()
    {
        _context = new OwnerContext(new OwnerSettings(), _directory, _sim.Recipients, new HybridClock(TimeSpan.FromMinutes(1)), _sim.Time);
        _owners = ClusterSharding.Get(_sim.System).Start(
            BlockOwner.RegionName,
            id => BlockOwner.Props(id, _context),
            new ClusterShardingSettings { PassivateIdleEntityAfter = 10 * Second, EntitiesDecideOnPassivation = true },
            new BlockMessageExtractor());
        _sim.Recipients.Add(Destination.Owners, _owners);
        _sim.ProbeFor(Destination.KeyIndex);
        var core = new MemoryTierCore(Sample.Shm, _arena, _policy, new RegistryReplica(), MemoryTierSettings.Default);
        _memory = _sim.System.ActorOf(MemoryTier.Props(core, _sim.Recipients, _sim.Time), "memory-tier");
        _sim.Recipients.Add(Sample.Shm, _memory);
        _loader = _sim.System.ActorOf(CopyLoader.Props(_view, _directory, _sim.Recipients, _context.Live, _sim.Time), "copy-loader");
        _sim.Recipients.Add(CopyPort.Loader, _loader);
        _reporter = _sim.System.ActorOf(CopyReporter.Props(_view, [TierKind.Shm], _sim.Recipients), "copy-reporter");
        _sim.Recipients.Add(CopyPort.Reporter, _reporter);
    }

    [Fact]
    public void Node_that_is_alone_loads_from_its_own_tiers_without_any_delay()
    {
        var copy = Put(1);
        var started = _sim.Time.Elapsed;
        Assert.Single(Load());
        Assert.Equal(started, _sim.Time.Elapsed);
        Assert.Equal(copy, Assert.IsType<Located>(_sim.Ask(_owners, new Locate(Sample.Block(1), Sample.Node, Second))).Copy);
        Assert.IsType<NotFound>(_sim.Ask(_owners, new Locate(Sample.Block(2), Sample.Node, Second)));
        Assert.Empty(_sim.Unhandled);
        Assert.Empty(_sim.Log);
    }

    [Fact]
    public void Owner_that_went_idle_comes_back_with_the_copies_it_was_told_of()
    {
        Load();
        var copy = Put(1);
        _sim.Advance(30 * Second);
        Assert.Equal((0, 0), (_sim.EntitiesOf(_owners), _context.Live.Count));
        Assert.Equal([copy], Assert.IsType<BlockDescription>(_sim.Ask(_owners, new Describe(Sample.Block(1)))).Copies);
        Assert.Equal(1, _context.Live.Count);
    }

    [Fact]
    public void Words_that_were_lost_are_made_good_by_the_next_comparison()
    {
        Load();
        var copy = Put(1);
        var phantom = copy with { Slot = 9, Generation = 4 };
        _directory.Remove(Sample.Block(1), copy);
        _directory.Add(Sample.Block(2), phantom);
        _sim.Advance(2 * Second);
        List<CopyLocation> first = [], second = [];
        _directory.Read(Sample.Block(1), first);
        _directory.Read(Sample.Block(2), second);
        Assert.Equal([copy], first);
        Assert.Empty(second);
    }

    [Fact]
    public void Owner_whose_shard_is_handed_off_answers_who_waits_and_stops()
    {
        Load();
        var client = _sim.Probe();
        _owners.Tell(new Begin(Sample.Block(1), Sample.Node, 4096, Second), client.Ref);
        _owners.Tell(new Begin(Sample.Block(1), Sample.Node, 4096, 60 * Second), client.Ref);
        _sim.Run();
        Assert.IsType<BeginGranted>(Assert.Single(client.Take()));
        _context.Live.Tell(ShardHandedOff.Instance, client.Ref);
        _sim.Run();
        Assert.Equal([Moved.Instance], client.Take());
        Assert.Equal((0, 0), (_sim.EntitiesOf(_owners), _context.Live.Count));
    }

    public void Dispose()
    {
        _sim.Dispose();
        _policy.Dispose();
        _arena.Dispose();
    }

    private CopyLocation Put(int block)
    {
        var reserved = _sim.Ask<Reserved>(_memory, new Reserve(SimulatedNode.Granule, Second));
        var binding = new KeyBinding(Sample.Key(block), default, 0, new HybridTimestamp(1));
        var published = _sim.Ask<Published>(_memory, new Publish(reserved.Reservation, Sample.Block(block), binding, Announce: true));
        _sim.Run();
        return published.Copy;
    }

    private List<object> Load()
    {
        var self = new Member(
            Sample.Node, new NodeAddress("here:7400"), new HybridTimestamp(1), 1, MemberState.Up, Member.FullShare, MemberMetadata.None, null);
        var state = _view.Publish(new MembershipView(1, Sample.Node, ImmutableArray.Create(self), 1));
        _loader.Tell(state, ActorRefs.NoSender);
        _reporter.Tell(state, ActorRefs.NoSender);
        var region = _sim.Probe();
        _loader.Tell(new LoadShards(ShardSet.All(), 1), region.Ref);
        _sim.Run();
        return region.Take();
    }
}
