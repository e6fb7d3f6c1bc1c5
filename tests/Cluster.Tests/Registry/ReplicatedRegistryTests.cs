using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Cluster.Registry;
using Cascade.Cluster.Tests.Simulation;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Registry;
using Cascade.Core.Sharding;

namespace Cascade.Cluster.Tests.Registry;

/// <summary>The actors of three nodes in one system.</summary>
public sealed class ReplicatedRegistryTests : IDisposable
{
    private readonly SimulatedSystem _sim = new();
    private readonly Dictionary<NodeAddress, IActorRef> _actors = [];
    private readonly Node[] _nodes;

    public ReplicatedRegistryTests()
    {
        _nodes = [.. Enumerable.Range(1, 3).Select(node => Start(new NodeId((uint)node)))];
        ShowAll();
    }

    private NodeId Singleton => _nodes[0].View.Current.Shards.SingletonOf(RegistryNodeCore.SingletonName)!.Value;

    [Fact]
    public void Registration_by_any_node_is_in_all_replicas_when_it_is_acknowledged()
    {
        for (var i = 0; i < _nodes.Length; i++)
        {
            var missing = -1;
            _nodes[i].Routed.Tell(Register(i, i, 10), new AtOnce(_actors.Values.First().Path, reply =>
            {
                Assert.IsType<Registered>(reply);
                missing = _nodes.Count(node => !node.Replica.Contains(Sample.Block(i)));
            }));
            _sim.Run();
            Assert.Equal(0, missing);
        }
        Assert.Equal(TimeSpan.Zero, _sim.Time.Elapsed);
        Assert.Empty(_sim.Unhandled);
    }

    [Fact]
    public void Registry_that_is_gone_is_followed_by_one_that_knows_all()
    {
        _sim.Ask(_nodes[0].Routed, Register(1, 1, 60));
        var gone = Of(Singleton);
        _sim.System.Stop(gone.Actor);
        _sim.Run();
        ShowAll(except: gone);
        foreach (var node in _nodes.Where(node => node != gone))
            Assert.Equal(new QuotaExceeded(60, 60, 100), _sim.Ask(node.Routed, Register(2, 2, 60)));
    }

    [Fact]
    public void Registration_waits_for_a_silent_node_a_bounded_time()
    {
        var silent = _nodes.First(node => node.Id != Singleton);
        _sim.System.Stop(silent.Actor);
        _sim.Run();
        var before = _sim.Time.Elapsed;
        Assert.IsType<Registered>(_sim.Ask(Of(Singleton).Routed, Register(1, 1, 60)));
        Assert.Equal(TimeSpan.FromSeconds(1), _sim.Time.Elapsed - before);
    }

    [Fact]
    public void Node_that_comes_back_empty_learns_what_is_registered()
    {
        _sim.Ask(_nodes[0].Routed, Register(1, 1, 60));
        var index = Array.FindIndex(_nodes, node => node.Id != Singleton);
        _sim.System.Stop(_nodes[index].Actor);
        _sim.Run();
        _nodes[index] = Start(_nodes[index].Id, life: 2);
        ShowAll();
        Assert.True(_nodes[index].Replica.Contains(Sample.Block(1)));
    }

    [Fact]
    public void Who_is_not_the_registry_and_whose_view_has_none_answer_so()
    {
        var replica = _nodes.First(node => node.Id != Singleton);
        Assert.Same(Moved.Instance, _sim.Ask(replica.Actor, Register(1, 1, 60)));
        replica.View.Publish(new MembershipView(9, replica.Id, [], 9));
        Assert.Same(Moved.Instance, _sim.Ask(replica.Routed, Register(1, 1, 60)));
    }

    [Fact]
    public void Owners_are_told_of_a_withdrawal_by_one_node_alone()
    {
        _sim.Ask(_nodes[0].Routed, Register(1, 1, 60));
        _sim.Ask(_nodes[1].Routed, new Unregister(Sample.Key(1), new HybridTimestamp(2)));
        _sim.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal([new Unprotect(Sample.Block(1), Sample.Key(1))], _nodes.SelectMany(static node => node.Owners.Messages));
    }

    public void Dispose() => _sim.Dispose();

    private static Register Register(int key, int block, long lengthBytes) => new(Sample.Key(key), Sample.Block(block), lengthBytes, new HybridTimestamp(1));

    private Node Of(NodeId id) => _nodes.Single(node => node.Id == id);

    private Node Start(NodeId id, ulong life = 1)
    {
        var view = new ClusterView(id);
        var member = new Member(
            id, new NodeAddress($"n{id.Value}:1"), new HybridTimestamp(life), 0, MemberState.Up, Member.FullShare, MemberMetadata.None, Accuser: null);
        var recipients = new Recipients { Others = new NodeRefs(view, Resolve) };
        var owners = _sim.Probe();
        recipients.Add(Destination.Owners, owners.Ref);
        var replica = new RegistryReplica();
        var actor = _sim.System.ActorOf(PrefixRegistry.Props(new RegistrySettings { QuotaBytes = 100 }, replica, recipients, _sim.Time));
        _actors[member.Address] = actor;
        return new Node(id, member, view, replica, actor, PrefixRegistry.Routed(_sim.System, actor, recipients.Others), owners);
    }

    private IActorRef Resolve(Member member, string path)
    {
        Assert.Equal(NodePaths.Registry, path);
        return _actors[member.Address];
    }

    private void ShowAll(Node? except = null)
    {
        var present = _nodes.Where(node => node != except).ToArray();
        foreach (var node in present)
            node.Actor.Tell(node.View.Publish(new MembershipView(1, node.Id, [.. present.Select(static one => one.Member)], 1)), ActorRefs.NoSender);
        _sim.Run();
    }

    private sealed record Node(NodeId Id, Member Member, ClusterView View, RegistryReplica Replica, IActorRef Actor, IActorRef Routed, Probe Owners);

    /// <summary>Sees a reply at the moment it is sent, when an actor would see it a turn later.</summary>
    private sealed class AtOnce(ActorPath path, Action<object> onReply) : IActorRef
    {
        public ActorPath Path => path;

        public void Tell(object message, IActorRef? sender) => onReply(message);
    }
}
