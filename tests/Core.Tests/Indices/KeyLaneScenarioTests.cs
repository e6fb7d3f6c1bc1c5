using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Indices;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Sharding;

namespace Cascade.Core.Tests.Indices;

public sealed class KeyLaneScenarioTests
{
    private readonly KeyLaneWorld _world = new(seed: 7) { ViewDelayMax = TimeSpan.FromMilliseconds(1) };

    [Fact]
    public void Keys_of_copies_are_bound_anew_when_both_replicas_of_a_shard_are_gone()
    {
        Begin(nodes: 4);
        var bind = Bind(1);
        Assert.Equal(new Bound(bind.Key, bind.Id, true), Ask(bind));
        var (primary, backup) = Pair(bind.Key);
        _world.Copies[_world.Nodes.Values.First(node => node.Life.Node.Value != primary && node.Life.Node.Value != backup).Life.Node] = [bind];
        _world.Crash(primary);
        _world.Crash(backup);
        _world.Remove(primary);
        _world.Remove(backup);
        _world.Run(TimeSpan.FromMilliseconds(5));
        Assert.Equal(new Found(bind.Binding, bind.Id), Ask(new Lookup(bind.Key)));
        _world.Settle();
        Assert.Same(NotFound.Instance, Ask(new Lookup(Bind(2).Key)));
    }

    [Fact]
    public void Keys_are_found_when_both_replicas_were_started_anew_and_found_each_other_before_the_rest()
    {
        Begin(nodes: 4);
        var bind = Bind(1);
        Ask(bind);
        var (primary, backup) = Pair(bind.Key);
        _world.Copies[_world.Nodes.Values.First(node => node.Life.Node.Value != primary && node.Life.Node.Value != backup).Life.Node] = [bind];
        _world.Crash(primary);
        _world.Crash(backup);
        _world.Parts.Add([primary, backup]);
        _world.Start(primary);
        _world.Start(backup);
        _world.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(2, _world.Nodes.Values.Count(static node => node.Core.Report.Incomplete == 0 && node.Known.Count == 2));
        _world.Divide();
        _world.Settle();
        Assert.Equal(new Found(bind.Binding, bind.Id), Ask(new Lookup(bind.Key)));
    }

    [Fact]
    public void What_was_whole_before_it_had_other_replicas_says_nothing_once_these_are_lost()
    {
        Begin(nodes: 4);
        _world.Divide([1, 2], [3, 4]);
        _world.Run(TimeSpan.FromSeconds(5));
        _world.Divide();
        _world.Run(TimeSpan.FromMilliseconds(20));
        var bind = Enumerable.Range(1, 60).Select(Bind).First(bind => Pair(bind.Key).Primary <= 2 && Pair(bind.Key).Backup <= 2);
        Assert.Equal(new Bound(bind.Key, bind.Id, true), Ask(bind));
        var former = _world.Nodes.Values.Where(node => node.Core.Shard(KeyLanes.ShardOf(bind.Key)) is { Role: KeyRole.None, IsWhole: true, Keys.Keys: 0 }).ToArray();
        Assert.NotEmpty(former);
        _world.Copies[former[0].Life.Node] = [bind];
        _world.Crash(1);
        _world.Crash(2);
        _world.Start(1);
        _world.Start(2);
        _world.Settle();
        Assert.Equal(new Found(bind.Binding, bind.Id), Ask(new Lookup(bind.Key)));
    }

    [Fact]
    public void Backup_that_had_more_than_its_primary_offers_it_though_it_is_backup_no_more()
    {
        Begin(nodes: 3);
        var bind = Bind(1);
        var (primary, backup) = Pair(bind.Key);
        var third = 6 - primary - backup;
        _world.Crash(backup);
        _world.Remove(backup);
        _world.Divide([primary], [third]);
        _world.Run(TimeSpan.FromSeconds(5));
        _world.Ask(_world.Nodes[third], bind, static _ => { });
        _world.Run(TimeSpan.FromSeconds(1));
        var shard = _world.Nodes[third].Core.Shard(KeyLanes.ShardOf(bind.Key))!;
        Assert.Equal(1, shard.Keys.Keys);
        _world.Divide();
        while (!shard.IsInStep)
            _world.Run(TimeSpan.FromTicks(1000));
        Assert.Equal(0, _world.Nodes[primary].Core.Shard(shard.Number)!.Keys.Keys);
        _world.ViewDelayMax = TimeSpan.FromTicks(1);
        _world.Start(backup);
        _world.Settle();
        Assert.Equal(new Found(bind.Binding, bind.Id), Ask(new Lookup(bind.Key)));
    }

    [Fact]
    public void Key_that_may_yet_be_bound_anew_is_not_said_to_be_unknown()
    {
        _world.AnswersAnnouncements = false;
        _world.Start(1);
        _world.Start(2);
        _world.Run(TimeSpan.FromSeconds(1));
        var bind = Bind(1);
        Assert.Equal(new Bound(bind.Key, bind.Id, true), Ask(bind));
        Assert.Equal(new Found(bind.Binding, bind.Id), Ask(new Lookup(bind.Key)));
        Assert.Null(Ask(new Lookup(Bind(2).Key), TimeSpan.FromSeconds(1)));
        _world.Run(TimeSpan.FromSeconds(3));
        Assert.Same(Moved.Instance, Ask(new Lookup(Bind(3).Key)));
        Assert.Same(Moved.Instance, Ask(new Unbind(Bind(3).Key, new HybridTimestamp(9))));
        Assert.IsType<Found>(Ask(new Unbind(bind.Key, new HybridTimestamp(9))));
    }

    [Fact]
    public void Repeated_request_reaches_a_backup_that_missed_the_first()
    {
        Begin(nodes: 2);
        var bind = Bind(1);
        var (primary, backup) = Pair(bind.Key);
        var lost = Ask(bind, TimeSpan.Zero);
        while (_world.Nodes[primary].Core.Shard(KeyLanes.ShardOf(bind.Key))!.Keys.Keys == 0)
            _world.Run(TimeSpan.FromTicks(1000));
        _world.Break(new NodeId(primary), new NodeId(backup));
        Assert.Null(lost);
        Assert.Equal(0, _world.Nodes[backup].Core.Shard(KeyLanes.ShardOf(bind.Key))!.Keys.Keys);
        Assert.Equal(new Bound(bind.Key, bind.Id, true), Ask(bind));
        Assert.Equal(1, _world.Nodes[backup].Core.Shard(KeyLanes.ShardOf(bind.Key))!.Keys.Keys);
    }

    [Fact]
    public void Backup_that_differs_is_brought_up_to_date_in_its_turn()
    {
        Begin(nodes: 2);
        var bind = Bind(1);
        var shard = KeyLanes.ShardOf(bind.Key);
        var (primary, backup) = Pair(bind.Key);
        _world.Nodes[primary].Core.Shard(shard)!.Keys.Merge(_world.Now, [new KeyIndexEntry(bind.Binding, bind.Id)]);
        var more = Keys().Where(key => KeyLanes.ShardOf(key) == shard).ElementAt(5);
        _world.Nodes[backup].Core.Shard(shard)!.Keys.Merge(_world.Now, [new KeyIndexEntry(new KeyBinding(more, default, 0, default), bind.Id)]);
        _world.Run(TimeSpan.FromSeconds(3 * KeyLanes.ShardsEach));
        Assert.Equal(2, _world.Nodes[primary].Core.Shard(shard)!.Keys.Keys);
        Assert.Equal(2, _world.Nodes[backup].Core.Shard(shard)!.Keys.Keys);
    }

    [Fact]
    public void Node_that_leaves_hands_over_and_holds_nothing_then()
    {
        Begin(nodes: 3);
        List<Bind> binds = [.. Enumerable.Range(1, 60).Select(Bind)];
        Assert.All(binds, bind => Assert.IsType<Bound>(Ask(bind)));
        _world.Change(2, static member => member with { State = MemberState.Leaving });
        _world.Settle();
        Assert.Equal(new KeyLaneReport(0, 0, 0, 0, 0), _world.Nodes[2].Core.Report);
        Assert.All(binds, bind => Assert.IsType<Found>(Ask(new Lookup(bind.Key))));
    }

    [Fact]
    public void Forgotten_key_is_forgotten_by_both()
    {
        Begin(nodes: 2);
        var bind = Bind(1);
        var (primary, backup) = Pair(bind.Key);
        Ask(bind);
        Assert.Null(Ask(new Forget(bind.Key, bind.Id, bind.Binding.Stamp), TimeSpan.FromSeconds(1)));
        Assert.Equal(0, _world.Nodes[primary].Core.Report.Keys + _world.Nodes[backup].Core.Report.Keys);
    }

    [Fact]
    public void Message_to_a_node_that_is_not_the_primary_is_turned_away()
    {
        var lane = new KeyIndexLaneCore(KeyLaneWorld.Lane, new NodeId(1), new KeyIndexSettings(), 1);
        var outbox = new Core.Ports.Outbox();
        var view = KeyLaneWorld.View(new NodeId(1), []);
        lane.Handle(default, "asker", new Lookup(Bind(1).Key), outbox);
        Assert.Empty(outbox.Effects);
        lane.OnClusterState(default, new ClusterState(view, ShardMap.Of(view)), outbox);
        Assert.Equal(new Core.Ports.Effect("asker", Moved.Instance), Assert.Single(outbox.Effects));
    }

    private void Begin(uint nodes)
    {
        for (var node = 1U; node <= nodes; node++)
            _world.Start(node);
        _world.Settle();
    }

    private object? Ask(IKeyMessage message, TimeSpan? within = null)
    {
        object? answer = null;
        _world.Ask(_world.Nodes.Values.First(), message, reply => answer = reply);
        for (var waited = TimeSpan.Zero; answer is null && waited < (within ?? TimeSpan.FromSeconds(10)); waited += TimeSpan.FromMilliseconds(10))
            _world.Run(TimeSpan.FromMilliseconds(10));
        return answer;
    }

    private (uint Primary, uint Backup) Pair(KeyDigest key)
    {
        var map = ShardMap.Of(KeyLaneWorld.View(new NodeId(1), _world.Truth));
        var shard = KeyLanes.ShardOf(key);
        return (map.OwnerOf(shard)!.Value.Value, map.BackupOf(shard)!.Value.Value);
    }

    private static Bind Bind(int number) => new(new KeyBinding(Keys().ElementAt(number), default, 0, new HybridTimestamp(5)), Digests.Block(number));

    private static IEnumerable<KeyDigest> Keys() => KeyLaneRandomTests.Keys();
}
