using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Cluster.Index;
using Cascade.Cluster.Tests.Simulation;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Indices;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Sharding;

namespace Cascade.Cluster.Tests.Index;

/// <summary>The lanes of two nodes in one system: those of the second are reached as another node's are.</summary>
public sealed class KeyIndexLaneTests : IDisposable
{
    private static readonly NodeId One = new(1);
    private static readonly NodeId Two = new(2);

    private readonly SimulatedSystem _sim = new();
    private readonly Dictionary<string, IActorRef> _actors = [];
    private readonly List<IActorRef> _lanes = [];
    private readonly ClusterView _view = new(One);
    private readonly ClusterView _otherView = new(Two);
    private readonly RoutedRef _index;

    public KeyIndexLaneTests()
    {
        StartNode(_view);
        StartNode(_otherView);
        _index = KeyIndexRouter.Create(_sim.System, _view, [.. _lanes.Take(KeyLanes.Count)], new NodeRefs(_view, Resolve));
    }

    [Fact]
    public void Nobody_is_in_charge_before_the_cluster_is_known() => Assert.Same(Moved.Instance, _sim.Ask(_index, new Lookup(Sample.Key(1))));

    [Fact]
    public void Keys_are_bound_on_primary_and_backup_and_found()
    {
        Join();
        for (var key = 0; key < 64; key++)
            Assert.Equal(new Bound(Sample.Key(key), Sample.Block(key), true), _sim.Ask(_index, Bind(key)));
        Assert.Equal(64, Keys(One));
        Assert.Equal(64, Keys(Two));
        Assert.All(Enumerable.Range(0, 64), key => Assert.Equal(new Found(Sample.Binding(key), Sample.Block(key)), _sim.Ask(_index, new Lookup(Sample.Key(key)))));
        Assert.Empty(_sim.Unhandled);
        Assert.Empty(_sim.Log);
    }

    [Fact]
    public void Backup_answers_who_asked()
    {
        Join();
        var key = KeyOf(One);
        _lanes[KeyLanes.Count + KeyLanes.LaneOf(KeyLanes.ShardOf(Sample.Key(key)))].Tell(PoisonPill.Instance, ActorRefs.NoSender);
        _sim.Run();
        var asker = _sim.Probe();
        _index.Tell(Bind(key), asker.Ref);
        _index.Tell(new Lookup(Sample.Key(key)), asker.Ref);
        _sim.Run();
        // The primary has it, and does not say that it is done: the backup would.
        Assert.Equal(new Found(Sample.Binding(key), Sample.Block(key)), Assert.Single(asker.Messages));
    }

    [Fact]
    public void Node_that_is_not_the_primary_answers_that_it_moved()
    {
        Join();
        var key = KeyOf(Two);
        var lane = KeyLanes.LaneOf(KeyLanes.ShardOf(Sample.Key(key)));
        Assert.Same(Moved.Instance, _sim.Ask(_lanes[lane], new Lookup(Sample.Key(key))));
        Assert.Same(NotFound.Instance, _sim.Ask(_index, new Lookup(Sample.Key(key))));
    }

    [Fact]
    public void Lane_that_failed_at_a_message_knows_what_it_knew()
    {
        Join();
        _sim.Ask(_index, Bind(1));
        _index.Tell(new Unheard(Sample.Key(1)), ActorRefs.NoSender);
        Assert.Equal(new Found(Sample.Binding(1), Sample.Block(1)), _sim.Ask(_index, new Lookup(Sample.Key(1))));
        Assert.IsType<ArgumentException>(Assert.IsType<Error>(Assert.Single(_sim.Log)).Cause);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Deletion_is_forgotten_by_the_clock_also_after_a_failure(bool fails)
    {
        Join();
        _sim.Ask(_index, Bind(1));
        Assert.IsType<Found>(_sim.Ask(_index, new Unbind(Sample.Key(1), new HybridTimestamp(2))));
        if (fails)
            _index.Tell(new Unheard(Sample.Key(1)), ActorRefs.NoSender);
        _sim.Advance(TimeSpan.FromMinutes(9.9));
        Assert.Equal(new Bound(Sample.Key(1), default, false), _sim.Ask(_index, Bind(1)));
        _sim.Advance(TimeSpan.FromMinutes(0.2));
        Assert.Equal(new Bound(Sample.Key(1), Sample.Block(1), true), _sim.Ask(_index, Bind(1)));
    }

    [Fact]
    public void Survivor_answers_when_the_other_node_is_gone()
    {
        Join();
        var key = KeyOf(Two);
        _sim.Ask(_index, Bind(key));
        _view.Publish(Sample.View(One, Sample.Member(1)));
        Tell(0, _view);
        Assert.Equal(new Found(Sample.Binding(key), Sample.Block(key)), _sim.Ask(_index, new Lookup(Sample.Key(key))));
    }

    public void Dispose() => _sim.Dispose();

    private void StartNode(ClusterView view)
    {
        var recipients = new Recipients { Others = new NodeRefs(view, Resolve) };
        recipients.Add(new TierAddress(view.Self, TierKind.Shm), Tier(view.Self));
        for (var lane = 0; lane < KeyLanes.Count; lane++)
        {
            var core = new KeyIndexLaneCore(lane, view.Self, new KeyIndexSettings(), 1);
            var actor = _sim.System.ActorOf(KeyIndexLane.Props(core, recipients, _sim.Time));
            _lanes.Add(actor);
            _actors[$"node{view.Self.Value}:7400{KeyIndexPaths.Of(lane)}"] = actor;
        }
    }

    private IActorRef Tier(NodeId node)
    {
        var tier = _sim.System.ActorOf(Props.Create(() => new EmptyTier(node)));
        _actors[$"node{node.Value}:7400{NodePaths.MemoryTier}"] = tier;
        return tier;
    }

    private IActorRef Resolve(Member member, string path) => _actors[member.Address.Text + path];

    private void Join()
    {
        _view.Publish(Sample.View(One, Sample.Member(1), Sample.Member(2)));
        _otherView.Publish(Sample.View(Two, Sample.Member(1), Sample.Member(2)));
        Tell(0, _view);
        Tell(KeyLanes.Count, _otherView);
        _sim.Advance(TimeSpan.FromSeconds(10));
    }

    private void Tell(int first, ClusterView view)
    {
        foreach (var lane in _lanes.Skip(first).Take(KeyLanes.Count))
            lane.Tell(view.Current, ActorRefs.NoSender);
        _sim.Run();
    }

    private int Keys(NodeId node) => _lanes.Skip(node == One ? 0 : KeyLanes.Count).Take(KeyLanes.Count)
        .Sum(lane => _sim.Ask<KeyLaneReport>(lane, ReportKeyIndex.Instance).Keys);

    private int KeyOf(NodeId primary) =>
        Enumerable.Range(0, 100).First(key => _view.Current.Shards.OwnerOf(KeyLanes.ShardOf(Sample.Key(key))) == primary);

    private static Bind Bind(int key) => new(Sample.Binding(key), Sample.Block(key));

    /// <summary>A message of a key that no shard knows.</summary>
    private sealed record Unheard(KeyDigest Key) : IKeyMessage;

    private sealed class EmptyTier(NodeId node) : UntypedActor
    {
        protected override void OnReceive(object message) =>
            Sender.Tell(new KeysAnnounced(new TierAddress(node, TierKind.Shm), ((AnnounceKeys)message).Round, AwaitCold: false), Self);
    }
}
