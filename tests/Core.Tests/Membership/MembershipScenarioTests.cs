using Cascade.Core.Membership;
using Cascade.Core.Sharding;

namespace Cascade.Core.Tests.Membership;

public sealed class MembershipScenarioTests
{
    private readonly SimWorld _world = new(seed: 7);

    [Fact]
    public void Nodes_started_together_are_all_up_within_a_second()
    {
        StartAll(5);
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(1), IsAllUp), _world.Views());
    }

    [Fact]
    public void Without_faults_nobody_is_ever_suspected()
    {
        StartAll(8);
        _world.Run(TimeSpan.FromMinutes(10));
        Assert.All(_world.Live, node => Assert.DoesNotContain(
            node.Told.OfType<MemberChanged>(), change => change.After.State is not (MemberState.Joining or MemberState.Up)));
        Assert.True(_world.IsConverged(), _world.Views());
    }

    [Fact]
    public void Crashed_node_is_removed_and_no_other()
    {
        StartAll(6);
        Settle();
        _world.Crash(_world[3]);
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(10), _world.IsConverged), _world.Views());
        Assert.All(_world.Live, node => Assert.Equal([3u], Changed(node, MemberState.Removed)));
    }

    [Fact]
    public void Node_whose_connections_broke_is_removed_within_two_seconds()
    {
        StartAll(3);
        Settle();
        _world.Crash(_world[2]);
        foreach (var node in _world.Live.ToList())
            _world.Step(node, core => core.ConnectionLost(_world.Now, new(2), _world.Outbox));
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(2), _world.IsConverged), _world.Views());
    }

    [Fact]
    public void Broken_connection_to_a_living_node_costs_one_probe_at_once()
    {
        StartAll(8);
        Settle();
        var pings = 0;
        _world.OnSend = (node, message) => pings += node == _world[0] && message is Ping { To: { Node.Value: 2 } } ? 1 : 0;
        for (var time = 0; time < 10; time++)
        {
            pings = 0;
            for (var i = 0; i < 100; i++)
                _world.Step(_world[0], core => core.ConnectionLost(_world.Now, new(2), _world.Outbox));
            _world.Run(_world.Settings.ProbeTimeout + TimeSpan.FromMilliseconds(1));
            Assert.Equal(1, pings);
            _world.Run(TimeSpan.FromMilliseconds(530));
        }
        Assert.True(_world.IsConverged());
    }

    [Fact]
    public void Node_alone_among_its_seeds_founds_a_cluster()
    {
        var lone = _world.Start(0, settings: _world.Settings with { Seeds = [SimWorld.AddressOf(0)] });
        Assert.Equal((MemberState.Up, 1.0), (lone.Core.Self.State, lone.Core.Self.Weight));
        var first = _world.Start(1);
        _world.Run(_world.Settings.FoundAfter - TimeSpan.FromMilliseconds(1));
        Assert.Equal(MemberState.Up, first.Core.Self.State);
    }

    [Fact]
    public void Seed_whose_fellows_are_down_founds_after_a_while_and_all_find_together()
    {
        var first = _world.Start(0);
        _world.Run(_world.Settings.FoundAfter - TimeSpan.FromMilliseconds(1));
        Assert.Equal(MemberState.Joining, first.Core.Self.State);
        _world.Run(TimeSpan.FromMilliseconds(1));
        Assert.Equal(MemberState.Up, first.Core.Self.State);
        StartAll(3, from: 1);
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(1), IsAllUp), _world.Views());
    }

    [Fact]
    public void Islands_of_two_seeds_find_together()
    {
        _world.Network.Cut(SimWorld.AddressOf(0), SimWorld.AddressOf(1));
        _world.Network.Cut(SimWorld.AddressOf(1), SimWorld.AddressOf(0));
        StartAll(2);
        _world.Run(TimeSpan.FromSeconds(5));
        Assert.All(_world.Live, node => Assert.Equal(node.Core.Self, Assert.Single(node.Core.View.Members)));
        _world.Network.Mend();
        Assert.True(_world.RunUntil(2 * _world.Settings.HealPeriod, IsAllUp), _world.Views());
    }

    [Fact]
    public void Node_that_is_no_seed_asks_until_a_seed_answers_ever_more_seldom()
    {
        var joiner = _world.Start(5);
        _world.Run(TimeSpan.FromMinutes(5));
        Assert.Equal(MemberState.Joining, joiner.Core.Self.State);
        Assert.InRange(joiner.Sent, 60, 80);
        Assert.Equal(_world.Settings.JoinWaitMax, joiner.Told.OfType<SeedsSilent>().Last().Wait);
        _world.Start(1);
        Assert.True(_world.RunUntil(3 * _world.Settings.JoinWaitMax, IsAllUp), _world.Views());
    }

    [Fact]
    public void Seed_that_is_the_node_itself_by_another_name_is_found_out()
    {
        var settings = _world.Settings with { Seeds = [new NodeAddress("localhost:7400")] };
        var node = _world.Start(0, settings: settings);
        var asked = default(Sync);
        _world.OnSend = (_, message) => asked = message as Sync;
        _world.Run(settings.JoinWaitMin);
        _world.Step(node, core => core.Handle(_world.Now, node.Address, asked!, _world.Outbox));
        Assert.Equal(MemberState.Up, node.Core.Self.State);
        Assert.Equal(Member.FullShare, node.Core.Self.Share);
    }

    [Fact]
    public void Node_of_another_cluster_is_refused_in_words()
    {
        StartAll(2);
        Settle();
        var stranger = _world.Start(5, settings: _world.Settings with { Cluster = "other" });
        _world.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(MemberState.Joining, stranger.Core.Self.State);
        Assert.Contains("cluster 'sim', not of 'other'", stranger.Told.OfType<JoinRefused>().First().Reason, StringComparison.Ordinal);
        Assert.All(_world.Live.Take(2), node => Assert.Equal(2, node.Core.View.Members.Length));
    }

    [Fact]
    public void Node_beyond_the_limit_is_refused_until_there_is_room()
    {
        var settings = _world.Settings with { MembersMax = 2 };
        for (var node = 0; node < 3; node++)
        {
            _world.Start(node, settings: settings);
            _world.Run(TimeSpan.FromSeconds(5));
        }
        Assert.Equal(MemberState.Joining, _world[2].Core.Self.State);
        Assert.Contains("the most allowed", _world[2].Told.OfType<JoinRefused>().First().Reason, StringComparison.Ordinal);
        _world.Crash(_world[1]);
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(20), _world.IsConverged), _world.Views());
    }

    [Fact]
    public void Leaving_node_is_told_as_such_and_gone_without_suspicion()
    {
        StartAll(4);
        Settle();
        _world.Step(_world[2], core => core.Leave(_world.Now, _world.Outbox));
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(1), () => _world.Live.All(
            node => node.Core.View.Find(new(2))!.State == MemberState.Leaving)), _world.Views());
        _world.Run(TimeSpan.FromSeconds(20));
        Assert.DoesNotContain(new(2), ShardMap.Of(_world[0].Core.View).Nodes);
        _world.Step(_world[2], core => core.Depart(_world.Now, _world.Outbox));
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(3), () => _world[2].Core.IsOver));
        _world.Crash(_world[2]);
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(1), _world.IsConverged), _world.Views());
        Assert.All(_world.Live, node => Assert.Empty(Changed(node, MemberState.Suspect).Concat(Changed(node, MemberState.Removed))));
    }

    [Fact]
    public void Leaving_node_that_is_slow_to_answer_stays_until_it_goes()
    {
        StartAll(4);
        Settle();
        _world.Step(_world[2], core => core.Leave(_world.Now, _world.Outbox));
        _world.Run(TimeSpan.FromSeconds(2));
        for (var i = 0; i < 5; i++)
        {
            _world.Pause(_world[2], TimeSpan.FromSeconds(0.9));
            _world.Run(TimeSpan.FromSeconds(5.1));
        }
        Assert.All(_world.Live, node => Assert.Empty(Changed(node, MemberState.Suspect).Concat(Changed(node, MemberState.Removed))));
    }

    [Fact]
    public void Node_that_dies_while_leaving_is_removed()
    {
        StartAll(4);
        Settle();
        _world.Step(_world[2], core => core.Leave(_world.Now, _world.Outbox));
        _world.Run(TimeSpan.FromSeconds(2));
        _world.Crash(_world[2]);
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(10), _world.IsConverged), _world.Views());
        Assert.All(_world.Live, node => Assert.Empty(Changed(node, MemberState.Suspect)));
    }

    [Fact]
    public void Node_that_came_joins_slowly_and_all_agree_on_its_weight()
    {
        StartAll(3);
        _world.Run(TimeSpan.FromSeconds(5));
        _world.Start(3);
        var weights = new List<double>();
        for (var second = 0; second < 25; second++)
        {
            _world.Run(TimeSpan.FromSeconds(1));
            var seen = _world.Live.Select(node => node.Core.View.Find(new(3))!.Weight).Distinct().ToList();
            weights.AddRange(seen);
        }
        Assert.Equal([0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1], weights.Distinct());
        Assert.Equal(weights.Order(), weights);
        Assert.True(_world.IsConverged());
    }

    [Fact]
    public void Slow_start_of_no_length_gives_the_full_weight_at_once()
    {
        var settings = _world.Settings with { SlowStart = TimeSpan.Zero };
        _world.Start(0, settings: settings);
        _world.Start(1, settings: settings);
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(1), IsAllUp));
        Assert.All(_world.Live, node => Assert.Equal(1.0, node.Core.Self.Weight));
    }

    [Fact]
    public void Client_and_its_labels_are_known_to_all()
    {
        StartAll(2);
        var metadata = new MemberMetadata(isClient: true, [new("host", "c17")]);
        _world.Start(4, metadata: metadata);
        Settle();
        var member = _world[0].Core.View.Find(new(4))!;
        Assert.Equal(("c17", null, metadata, false), (member.Metadata["host"], member.Metadata["rack"], member.Metadata, member.TakesWork));
    }

    private static IEnumerable<uint> Changed(SimNode node, MemberState to) =>
        node.Told.OfType<MemberChanged>().Where(change => change.After.State == to).Select(change => change.After.Node.Value).Distinct();

    private bool IsAllUp() => _world.Live.All(
        node => node.Core.View.Members.Length == _world.Live.Count() && node.Core.View.Members.All(member => member.State == MemberState.Up));

    private void StartAll(int nodes, int from = 0)
    {
        for (var node = from; node < nodes; node++)
            _world.Start(node);
    }

    /// <summary>Past all slow starts.</summary>
    private void Settle()
    {
        _world.Run(_world.Settings.SlowStart + TimeSpan.FromSeconds(5));
        Assert.True(_world.IsConverged(), _world.Views());
    }
}
