using Cascade.Actors.Shells;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Actors.Tests;

/// <summary>Regions of a cluster: who gets what, and what happens before a shard is loaded. What each node knows is said here, and when a load is done.</summary>
public sealed class ShardingClusterTests
{
    private static readonly int[] Zero = [0];
    private static readonly int[] One = [1];
    private static readonly int[] Both = [0, 1];

    [Fact]
    public void Message_goes_to_the_region_of_the_node_that_owns_the_shard()
    {
        var world = new ShardingWorld(2, loader: ShardingWorld.NoLoader);
        world.ShowAll(Both);
        var (mine, theirs) = (world.Id(0, Both, 0, Zero), world.Id(1, Both, 0, Zero));
        foreach (var node in world.Nodes)
        {
            node.Tell($"{mine}:1");
            node.Tell($"{theirs}:2");
            world.Settle();
            Assert.Equal([$"0/{mine} 1", $"1/{theirs} 2"], node.Client.Of<string>().Order());
        }

        Assert.Equal(2, world.Alive.Count);
        Assert.Equal(ShardMap.ShardOf(mine).ToString(), Assert.Single(world.Nodes[0].Stats.Stats).Key);
        Assert.Equal(ShardMap.Shards, world.Nodes.Sum(node => node.Stats.ShardsReady));
    }

    [Fact]
    public void Message_that_nobody_is_in_charge_of_is_answered_moved()
    {
        var world = new ShardingWorld(1);
        world.Nodes[0].Tell("a:1");
        world.Settle();
        Assert.Equal([Moved.Instance], world.Nodes[0].Client.Messages);
        Assert.Equal((0, 0), (world.Nodes[0].Stats.ShardsReady, world.Nodes[0].Stats.ShardsLoading));
    }

    [Fact]
    public void Message_for_no_entity_is_the_local_regions_and_one_that_breaks_the_extractor_is_logged_there()
    {
        var world = new ShardingWorld(2, loader: ShardingWorld.NoLoader);
        world.ShowAll(1);
        var unhandled = new List<object>();
        var node = world.Nodes[0];
        node.Listen(typeof(UnhandledMessage), unhandled);
        node.Tell("nobody");
        Assert.Empty(node.Log.OfType<Error>());
        node.Tell("broken");
        world.Settle();
        Assert.Equal("nobody", Assert.IsType<UnhandledMessage>(Assert.Single(unhandled)).Message);
        Assert.IsType<InvalidTimeZoneException>(Assert.Single(node.Log.OfType<Error>()).Cause);
    }

    [Fact]
    public void Message_of_a_node_with_another_view_is_answered_moved_and_not_passed_on()
    {
        var world = new ShardingWorld(3, loader: ShardingWorld.NoLoader);
        var id = world.Id(0, Zero, 1, One);
        world.Nodes[0].Show(One);
        world.Nodes[1].Show(One);
        world.Nodes[2].Show(Zero);
        world.Settle();
        world.Nodes[2].Tell($"{id}:1");
        world.Nodes[2].Region.Tell($"{id}:2", null);
        world.Settle();
        Assert.Equal([Moved.Instance], world.Nodes[2].Client.Messages);
        Assert.Empty(world.Seen);
        Assert.Equal($"{id}:2", Assert.Single(world.Nodes[0].DeadLetters.OfType<DeadLetter>()).Message);
    }

    [Fact]
    public void Two_nodes_that_take_each_other_for_the_owner_do_not_pass_messages_to_and_fro()
    {
        var world = new ShardingWorld(2, loader: ShardingWorld.NoLoader);
        world.Nodes[0].Show(One);
        world.Nodes[1].Show(Zero);
        world.Settle();
        foreach (var node in world.Nodes) node.Tell("a:1");
        world.Settle();
        Assert.All(world.Nodes, node => Assert.Equal([Moved.Instance], node.Client.Messages));
    }

    [Fact]
    public void Message_that_overtakes_the_news_of_the_cluster_is_held_for_the_shard_that_comes()
    {
        var world = new ShardingWorld(2);
        var node = world.Nodes[0];
        world.ShowAll(1);
        // The view is published, the region not told yet.
        node.Publish(Zero);
        node.Tell("a:1");
        world.Settle();
        Assert.Empty(node.Client.Messages);
        node.FinishLoad();
        Assert.Equal(["0/a 1"], node.Client.Messages);
        node.Local.Tell(node.Cluster.Current, null);
        world.Settle();
        Assert.Single(node.AtLoader);
    }

    [Fact]
    public void Message_told_before_the_shard_went_goes_where_the_shard_went()
    {
        var world = new ShardingWorld(2, loader: ShardingWorld.NoLoader);
        world.ShowAll(0);
        world.Nodes[0].Tell("a:1");
        world.Nodes[0].Publish(One);
        world.Nodes[1].Show(One);
        world.Settle();
        Assert.Equal(["1/a 1"], world.Nodes[0].Client.Messages);
    }

    [Fact]
    public void Messages_for_a_shard_that_loads_are_held_and_passed_on_in_order()
    {
        var world = new ShardingWorld(1);
        var node = world.Nodes[0];
        world.ShowAll(0);
        Assert.Equal(ShardSet.All(), node.LastLoad.Shards);
        for (var i = 0; i < 5; i++) node.Tell($"a:{i}");
        node.Tell("b:0");
        world.Settle();
        Assert.Empty(world.Seen);
        Assert.Equal((0, ShardMap.Shards, 6), (node.Stats.ShardsReady, node.Stats.ShardsLoading, node.Stats.MessagesHeld));

        node.Local.Tell(new ShardsLoaded(ShardingWorld.SetOf("a"), node.LastLoad.Round), null);
        world.Settle();
        Assert.Equal(["0/a 0", "0/a 1", "0/a 2", "0/a 3", "0/a 4"], node.Client.Messages);
        Assert.Equal((1, ShardMap.Shards - 1, 1), (node.Stats.ShardsReady, node.Stats.ShardsLoading, node.Stats.MessagesHeld));
        node.FinishLoad();
        Assert.Equal("0/b 0", node.Client.Messages[^1]);
    }

    [Fact]
    public void Past_the_buffer_messages_for_a_shard_that_loads_are_answered_moved_and_those_of_nobody_are_dead_letters()
    {
        var world = new ShardingWorld(1, ShardingWorld.Settings with { BufferSize = 3 });
        var node = world.Nodes[0];
        world.ShowAll(0);
        for (var i = 0; i < 5; i++) node.Tell($"a:{i}");
        node.Region.Tell("a:nobody's", null);
        world.Settle();
        Assert.Equal([Moved.Instance, Moved.Instance], node.Client.Messages);
        Assert.Equal("a:nobody's", Assert.Single(node.DeadLetters.OfType<DeadLetter>()).Message);
        node.FinishLoad();
        Assert.Equal(["0/a 0", "0/a 1", "0/a 2"], node.Client.Of<string>());
        Assert.Equal(0, node.Stats.MessagesHeld);
    }

    [Fact]
    public void Load_that_takes_too_long_gives_up_what_is_held_and_begins_anew()
    {
        var world = new ShardingWorld(1, ShardingWorld.Settings with { LoadTimeout = TimeSpan.FromSeconds(3) });
        var node = world.Nodes[0];
        world.ShowAll(0);
        var first = node.LastLoad;
        node.Local.Tell(new ShardsLoaded(ShardingWorld.SetOf("b"), first.Round), null);
        node.Tell("a:1");
        world.Advance(2.9);
        Assert.Empty(node.Client.Messages);
        world.Advance(0.1);
        Assert.Equal([Moved.Instance], node.Client.Messages);
        Assert.True(node.LastLoad.Round > first.Round);
        Assert.Equal(ShardSet.All().Shards().Except(ShardingWorld.SetOf("b").Shards()), node.LastLoad.Shards.Shards());

        node.Tell("a:2");
        node.Local.Tell(new ShardsLoaded(first.Shards, first.Round), null);
        world.Settle();
        Assert.Empty(world.Seen);
        node.FinishLoad();
        Assert.Equal("0/a 2", node.Client.Messages[^1]);
        Assert.DoesNotContain(node.AtLoader, message => message is ShardsLost);
    }

    [Fact]
    public void Region_that_failed_loads_anew_all_that_it_has()
    {
        var world = new ShardingWorld(2);
        var node = world.Nodes[0];
        world.ShowAll(0);
        node.FinishLoad();
        node.Tell("a:1");
        world.Settle();
        var first = node.LastLoad;
        node.AtLoader.Clear();
        node.Local.Tell(new ShardsLoaded(null!, first.Round), null);
        world.Settle();
        Assert.Empty(world.Alive);
        Assert.Equal(ShardSet.All(), Assert.IsType<ShardsLost>(node.AtLoader[0]).Shards);
        Assert.Equal(ShardSet.All(), node.LastLoad.Shards);
        node.Tell("a:2");
        node.Local.Tell(new ShardsLoaded(first.Shards, first.Round), null);
        Assert.Equal(1, node.Stats.MessagesHeld);
        node.FinishLoad();
        Assert.Equal("0/a 2", node.Client.Messages[^1]);
    }

    [Fact]
    public void Region_of_a_cluster_that_does_nothing_costs_nothing()
    {
        var sim = new SimulatedSystem();
        var self = new NodeId(0);
        var view = new ClusterView(self);
        var loader = sim.Probe("loader");
        var sharding = ClusterSharding.Get(sim.System);
        var cluster = new ShardingCluster(new NodeRefs(view, static (_, _) => throw new InvalidTimeZoneException()), loader.Ref);
        sharding.Start("idle", static _ => throw new InvalidTimeZoneException(), ShardingWorld.Settings, new ShardingWorld.Extractor(), cluster);
        var region = sharding.LocalRegion("idle");
        region.Tell(view.Publish(new MembershipView(1, self, [ShardingWorld.MemberOf(0, 0)], 0)), null);
        sim.Run();
        var load = Assert.Single(loader.Of<LoadShards>());
        region.Tell(new ShardsLoaded(load.Shards, load.Round), null);
        sim.Run();
        var turns = sim.Dispatcher.Turns;
        sim.Advance(3_600);
        Assert.Equal(turns, sim.Dispatcher.Turns);
        Assert.Single(loader.Messages);
    }

    [Fact]
    public void Finding_the_region_of_a_message_allocates_nothing()
    {
        var world = new ShardingWorld(2, loader: ShardingWorld.NoLoader);
        world.ShowAll(Both);
        var node = world.Nodes[0];
        var router = new ShardRouter(node.Refs, ClusterSharding.PathOf(ShardingWorld.RegionName), node.Local);
        var extractor = new Whole();
        string[] messages = [world.Id(0, Both, 0, Zero), world.Id(1, Both, 0, Zero)];
        var regions = messages.Select(message => router.Route(message, extractor)).ToArray();
        Assert.Same(node.Local, regions[0]);
        Assert.NotSame(node.Local, regions[1]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) router.Route(messages[i & 1], extractor);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Takes the whole message for the id.</summary>
    private sealed class Whole : IMessageExtractor
    {
        public string? EntityId(object message) => message as string;

        public object EntityMessage(object message) => message;

        public int ShardId(object message) => ShardMap.ShardOf((string)message);
    }
}
