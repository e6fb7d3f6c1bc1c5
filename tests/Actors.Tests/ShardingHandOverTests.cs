using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Actors.Tests;

/// <summary>Shards that go to another node, and that come back.</summary>
public sealed class ShardingHandOverTests
{
    private static readonly int[] Zero = [0];
    private static readonly int[] One = [1];
    private static readonly int[] Both = [0, 1];

    [Fact]
    public void Shards_that_go_stop_their_entities_and_the_loader_knows_when_they_are_gone()
    {
        var world = new ShardingWorld(2);
        var node = world.Nodes[0];
        world.ShowAll(0);
        node.FinishLoad();
        var (stays, quick, slow) = (world.Id(0, Zero, 0, Both), world.Id(0, Zero, 1, Both), world.Id(0, Zero, 1, Both, skip: 1));
        foreach (var message in new[] { $"{stays}:1", $"{quick}:1", $"{slow}:linger" }) node.Tell(message);
        world.Settle();
        node.AtLoader.Clear();

        node.Show(Both);
        world.Settle();
        Assert.Equal([stays, slow], world.Alive.Select(entity => entity.Id));
        var gone = world.Map(Both);
        var lost = new ShardSet();
        foreach (var told in node.AtLoader.Cast<ShardsLost>())
            Assert.All(told.Shards.Shards(), shard => Assert.True(lost.Add(shard)));
        Assert.Equal(
            Enumerable.Range(0, ShardMap.Shards).Where(shard => gone.OwnerOf(shard)!.Value.Value == 1 && shard != ShardMap.ShardOf(slow)), lost.Shards());

        node.AtLoader.Clear();
        world.Entity(slow).Tell("go", null);
        world.Settle();
        Assert.Equal(ShardingWorld.SetOf(slow), Assert.IsType<ShardsLost>(Assert.Single(node.AtLoader)).Shards);
    }

    [Fact]
    public void Entity_that_does_not_stop_for_its_shard_is_stopped_at_the_timeout_and_the_loader_told_then()
    {
        var (world, node, slow) = WithSlowEntity(ShardingWorld.Settings);
        node.Show(One);
        world.Advance(4.9);
        Assert.DoesNotContain(node.AtLoader.OfType<ShardsLost>(), lost => lost.Shards.Contains(ShardMap.ShardOf(slow)));
        Assert.Single(world.Alive);
        world.Advance(0.1);
        Assert.Empty(world.Alive);
        Assert.Equal(ShardingWorld.SetOf(slow), node.AtLoader.OfType<ShardsLost>().Last().Shards);
        Assert.Single(node.AtLoader.OfType<ShardsLost>(), lost => lost.Shards.Contains(ShardMap.ShardOf(slow)));
    }

    [Fact]
    public void Entity_that_hangs_keeps_its_shard_from_being_loaded_but_the_loader_from_knowing_no_longer_than_the_timeout()
    {
        var (world, node, hung) = WithSlowEntity(ShardingWorld.Settings);
        world.EntityDispatcher.Hang();
        node.Show(One);
        world.Settle();
        node.Show(Zero);
        world.Settle();
        node.FinishLoad();
        node.AtLoader.Clear();
        world.Advance(4.8);
        Assert.Empty(node.AtLoader);
        world.Advance(0.2);
        Assert.Equal(ShardingWorld.SetOf(hung), Assert.IsType<ShardsLost>(Assert.Single(node.AtLoader)).Shards);
        world.Advance(60);
        Assert.Single(node.AtLoader);
        world.EntityDispatcher.Recover();
        world.Settle();
        Assert.Empty(world.Alive);
        Assert.Equal(ShardingWorld.SetOf(hung), Assert.IsType<LoadShards>(node.AtLoader[^1]).Shards);
        Assert.Equal(2, node.AtLoader.Count);
    }

    [Fact]
    public void What_is_held_for_an_entity_that_stops_is_told_anew_or_answered_moved_when_its_shard_goes()
    {
        var (world, node, slow) = WithSlowEntity(ShardingWorld.Settings);
        var other = world.Nodes[1];
        node.Tell($"{slow}:passivate");
        world.Settle();
        node.Tell($"{slow}:1");
        node.Tell($"{slow}:2");
        other.Tell($"{slow}:3");
        node.Region.Tell($"{slow}:4", null);
        world.Settle();
        Assert.Equal(4, node.Stats.MessagesHeld);
        node.Client.Messages.Clear();
        node.DeadLetters.Clear();

        other.Show(One);
        world.Settle();
        other.FinishLoad();
        node.Show(One);
        world.Settle();
        Assert.Equal([$"1/{slow} 1", $"1/{slow} 2"], node.Client.Messages);
        Assert.Equal([Moved.Instance], other.Client.Messages);
        Assert.Equal($"{slow}:4", Assert.Single(node.DeadLetters.OfType<DeadLetter>()).Message);
        Assert.Equal(0, node.Stats.MessagesHeld);
    }

    [Fact]
    public void What_is_held_for_a_shard_that_goes_while_it_loads_is_told_anew_or_answered_moved()
    {
        var world = new ShardingWorld(2);
        var (node, other) = (world.Nodes[0], world.Nodes[1]);
        world.ShowAll(0);
        node.Tell("a:1");
        other.Tell("a:2");
        world.Settle();
        Assert.Equal(2, node.Stats.MessagesHeld);

        other.Show(One);
        world.Settle();
        other.FinishLoad();
        node.Show(One);
        world.Settle();
        Assert.Equal(["1/a 1"], node.Client.Messages);
        Assert.Equal([Moved.Instance], other.Client.Messages);
        Assert.Equal(ShardSet.All(), Assert.IsType<ShardsLost>(node.AtLoader[^1]).Shards);
        // The late reply of the loader changes nothing.
        node.Local.Tell(new ShardsLoaded(ShardSet.All(), node.LastLoad.Round), null);
        Assert.Equal((0, 0), (node.Stats.ShardsReady, node.Stats.ShardsLoading));
    }

    [Fact]
    public void Shard_that_comes_back_while_its_entities_stop_waits_for_their_end_and_is_loaded_anew()
    {
        var (world, node, slow) = WithSlowEntity(ShardingWorld.Settings);
        var first = node.LastLoad.Round;
        node.Show(One);
        world.Settle();
        node.Show(Zero);
        node.Tell($"{slow}:1");
        world.Settle();
        Assert.False(node.LastLoad.Shards.Contains(ShardMap.ShardOf(slow)));
        node.FinishLoad();
        Assert.Equal((ShardMap.Shards - 1, 1), (node.Stats.ShardsReady, node.Stats.ShardsLoading));
        // A reply to what was asked before the shard went is none to what will be asked.
        node.Local.Tell(new ShardsLoaded(ShardSet.All(), first), null);
        node.Local.Tell(new ShardsLoaded(ShardSet.All(), 0), null);
        Assert.Equal(1, node.Stats.ShardsLoading);

        world.Seen.Clear();
        node.AtLoader.Clear();
        world.Entity(slow).Tell("go", null);
        world.Settle();
        Assert.Equal([typeof(ShardsLost), typeof(LoadShards)], node.AtLoader.Select(message => message.GetType()));
        Assert.Equal((ShardingWorld.SetOf(slow), ShardingWorld.SetOf(slow)), (((ShardsLost)node.AtLoader[0]).Shards, node.LastLoad.Shards));
        Assert.Equal([$"0/{slow} end"], world.Seen);
        node.FinishLoad();
        Assert.Equal([$"0/{slow} end", $"0/{slow} start", $"0/{slow} 1"], world.Seen);
    }

    [Fact]
    public void Shard_that_goes_again_just_before_it_would_be_loaded_is_not()
    {
        var (world, node, slow) = WithSlowEntity(ShardingWorld.Settings);
        node.Show(One);
        world.Settle();
        node.Show(Zero);
        world.Settle();
        node.AtLoader.Clear();
        world.Entity(slow).Tell("go", null);
        while (world.Alive.Count > 0) world.Dispatcher.RunOne();
        node.Show(One);
        world.Settle();
        Assert.Equal(ShardSet.All(), Assert.IsType<ShardsLost>(Assert.Single(node.AtLoader)).Shards);
    }

    [Fact]
    public void Shard_that_comes_back_without_a_loader_waits_for_the_end_of_its_entities_too()
    {
        var (world, node, slow) = WithSlowEntity(ShardingWorld.Settings with { LoadTimeout = TimeSpan.FromSeconds(2) }, ShardingWorld.NoLoader);
        node.Show(One);
        world.Settle();
        node.Show(Zero);
        node.Client.Messages.Clear();
        node.Tell($"{slow}:1");
        world.Advance(1.9);
        Assert.Empty(node.Client.Messages);
        world.Advance(0.1);
        Assert.Equal([Moved.Instance], node.Client.Messages);
        node.Tell($"{slow}:2");
        world.Advance(1.9);
        world.Entity(slow).Tell("go", null);
        world.Settle();
        Assert.Equal(["is to stop", "end", "start", "2"], world.Seen.TakeLast(4).Select(seen => seen.Split(' ', 2)[1]));
    }

    [Fact]
    public void Entity_that_decides_to_stay_when_it_is_idle_goes_with_its_shard()
    {
        var world = new ShardingWorld(
            1, ShardingWorld.Settings with { EntitiesDecideOnPassivation = true, PassivateIdleEntityAfter = TimeSpan.FromSeconds(1) }, ShardingWorld.NoLoader);
        var node = world.Nodes[0];
        world.ShowAll(0);
        node.Tell("runs:stay");
        world.Advance(2.5);
        node.Tell("told:linger");
        world.Advance(1);
        Assert.Contains("0/runs stays", world.Seen);
        Assert.Equal("0/told is idle", world.Seen[^1]);
        Assert.DoesNotContain(world.Seen, seen => seen.EndsWith(" is to stop", StringComparison.Ordinal));
        node.Show();
        world.Settle();
        Assert.Equal(["0/told is to stop", "0/runs is to stop", "0/runs end"], world.Seen[^3..]);
    }

    [Fact]
    public void Answer_of_an_entity_that_it_stays_comes_too_late_when_its_shard_went()
    {
        var world = new ShardingWorld(
            1, ShardingWorld.Settings with { EntitiesDecideOnPassivation = true, PassivateIdleEntityAfter = TimeSpan.FromSeconds(1) }, ShardingWorld.NoLoader);
        var node = world.Nodes[0];
        world.ShowAll(0);
        node.Tell("a:stay");
        node.Tell("a:linger");
        world.Dispatcher.RunUntilIdle();
        world.Time.Advance(TimeSpan.FromSeconds(1));
        while (world.Seen[^1] != "0/a stays") world.Dispatcher.RunOne();
        // The answer is on its way to the region, and comes after the loss.
        node.Publish();
        world.Settle();
        Assert.Equal("0/a is to stop", world.Seen[^1]);
        node.Show(0);
        node.Tell("a:1");
        world.Settle();
        Assert.Equal("0/a is to stop", world.Seen[^1]);
        world.Entity("a").Tell("go", null);
        world.Settle();
        Assert.Equal(["0/a end", "0/a start", "0/a 1"], world.Seen[^3..]);
    }

    /// <summary>Two nodes, of which the first owns all and has one entity, which does not stop when it is to.</summary>
    private static (ShardingWorld World, ShardingNode Node, string Id) WithSlowEntity(
        ClusterShardingSettings settings, Func<ShardingNode, Props?>? loader = null)
    {
        const string Id = "slow";
        var world = new ShardingWorld(2, settings, loader);
        var node = world.Nodes[0];
        world.ShowAll(0);
        if (loader is null) node.FinishLoad();
        node.Tell($"{Id}:linger");
        world.Settle();
        return (world, node, Id);
    }
}
