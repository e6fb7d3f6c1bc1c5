using Cascade.Cluster.Membership;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Cluster.Tests.Membership;

public sealed class ClusterMembershipTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly SimulatedCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public void Nodes_that_share_a_seed_see_one_cluster_and_one_map_of_shards()
    {
        SimulatedCluster.Node[] nodes = [_cluster.Start(0), _cluster.Start(1), _cluster.Start(2)];
        _cluster.Sim.Advance(3 * Second);
        Assert.All(nodes, node => Assert.Equal([0u, 1u, 2u], node.Members));
        Assert.All(nodes, node => Assert.Equal(nodes[0].View.Current.Members.Digest, node.View.Current.Members.Digest));
        for (var shard = 0; shard < ShardMap.Shards; shard++)
            Assert.Single(nodes.Select(node => node.View.Current.Shards.OwnerOf(shard)).Distinct());
    }

    [Fact]
    public void Crashed_node_is_removed_and_its_shards_go_to_their_backups()
    {
        SimulatedCluster.Node[] nodes = [_cluster.Start(0), _cluster.Start(1), _cluster.Start(2)];
        _cluster.Sim.Advance(3 * Second);
        var before = nodes[0].View.Current.Shards;
        _cluster.Crash(nodes[2]);
        nodes[0].Actor.Tell(new ConnectionLost(new NodeId(2)), null);
        nodes[1].Actor.Tell(new ConnectionLost(new NodeId(2)), null);
        _cluster.Sim.Advance(2 * Second);

        Assert.All(nodes[..2], node => Assert.Equal([0u, 1u], node.Members));
        var after = nodes[0].View.Current.Shards;
        for (var shard = 0; shard < ShardMap.Shards; shard++)
            Assert.Equal(before.OwnerOf(shard) == new NodeId(2) ? before.BackupOf(shard) : before.OwnerOf(shard), after.OwnerOf(shard));
    }

    [Fact]
    public void Subscriber_is_told_the_present_state_at_once_and_each_later_one_after_it_is_published()
    {
        var first = _cluster.Start(0);
        _cluster.Sim.Advance(2 * Second);
        var told = _cluster.Sim.Probe();
        first.Actor.Tell(SubscribeToCluster.Instance, told.Ref);
        first.Actor.Tell(SubscribeToCluster.Instance, told.Ref);
        _cluster.Sim.Run();
        Assert.Equal([first.View.Current], told.Take());

        _cluster.Start(1);
        _cluster.Sim.Advance(3 * Second);
        var states = told.Take().Cast<ClusterState>().ToList();
        Assert.Same(first.View.Current, states[^1]);
        Assert.Equal(states.Select(s => s.Members.Version).Order().Distinct(), states.Select(s => s.Members.Version));
    }

    [Fact]
    public void Subscriber_that_stopped_is_told_nothing_more()
    {
        var first = _cluster.Start(0);
        var told = _cluster.Sim.Probe();
        first.Actor.Tell(SubscribeToCluster.Instance, told.Ref);
        _cluster.Sim.Run();
        _cluster.Sim.System.Stop(told.Ref);
        _cluster.Sim.Run();
        var letters = _cluster.Sim.System.DeadLetterCount;
        _cluster.Sim.Advance(2 * Second);
        Assert.Equal(letters, _cluster.Sim.System.DeadLetterCount);
    }

    [Fact]
    public void Node_that_leaves_gets_no_shards_while_it_hands_over_and_is_gone_when_it_departs()
    {
        SimulatedCluster.Node[] nodes = [_cluster.Start(0), _cluster.Start(1)];
        _cluster.Sim.Advance(3 * Second);
        Assert.Same(LeaveBegun.Instance, _cluster.Sim.Ask(nodes[1].Actor, BeginLeave.Instance));
        _cluster.Sim.Advance(Second);
        Assert.Equal(MemberState.Leaving, nodes[0].View.Current.Members.Find(new NodeId(1))!.State);
        Assert.Equal([new NodeId(0)], nodes[0].View.Current.Shards.Nodes);

        Assert.Same(Departed.Instance, _cluster.Sim.Ask(nodes[1].Actor, Depart.Instance));
        Assert.True(nodes[1].Core.IsOver);
        Assert.Same(Departed.Instance, _cluster.Sim.Ask(nodes[1].Actor, Depart.Instance));
        _cluster.Sim.Advance(Second);
        Assert.Equal([0u], nodes[0].Members);
        Assert.DoesNotContain(nodes[0].Told.OfType<MemberChanged>(), change => change.After.State is MemberState.Suspect or MemberState.Removed);
    }

    [Fact]
    public void Process_whose_number_was_started_again_later_is_told_to_stop()
    {
        _cluster.Start(0);
        var old = _cluster.Start(1);
        _cluster.Sim.Advance(2 * Second);

        // The later start listens at the same address, so the older process hears of it by its own questions alone.
        var late = _cluster.Start(1);
        _cluster.Sim.Advance(20 * Second);
        var overruled = Assert.Single(old.Told.OfType<Overruled>());
        Assert.Equal(late.Core.Self.Life, overruled.By.Life);
        Assert.Equal([0u, 1u], late.Members);
    }

    [Fact]
    public void Message_of_someone_else_is_unhandled()
    {
        _cluster.Start(0).Actor.Tell("what is this", null);
        _cluster.Sim.Run();
        Assert.Equal(["what is this"], _cluster.Sim.Unhandled);
    }

    [Fact]
    public void Actor_whose_step_failed_goes_on_with_what_it_knew()
    {
        SimulatedCluster.Node[] nodes = [_cluster.Start(0), _cluster.Start(1)];
        _cluster.Sim.Advance(3 * Second);
        var told = _cluster.Sim.Probe();
        nodes[0].Actor.Tell(SubscribeToCluster.Instance, told.Ref);
        nodes[0].Actor.Tell(new Gossip(nodes[1].Core.Self.Life, null, null!), nodes[1].Actor);
        _cluster.Sim.Run();
        Assert.Single(_cluster.Sim.Log.OfType<Actors.Error>());
        told.Take();

        _cluster.Start(2);
        _cluster.Sim.Advance(3 * Second);
        Assert.All(nodes, node => Assert.Equal([0u, 1u, 2u], node.Members));
        Assert.Same(nodes[0].View.Current, told.Take()[^1]);
    }
}
