using Cascade.Core.Clocks;
using Cascade.Core.Membership;

namespace Cascade.Core.Tests.Membership;

/// <summary>Restarts, two processes with one number, pauses and divisions of the network.</summary>
public sealed class MembershipLifeTests
{
    private readonly SimWorld _world = new(seed: 11);

    [Fact]
    public void Node_restarted_before_its_death_was_noticed_is_back_at_once()
    {
        StartAndSettle(5);
        _world.Start(3);
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(2), _world.IsConverged), _world.Views());
        Assert.All(_world.Live, node => Assert.DoesNotContain(
            node.Told.OfType<MemberChanged>(), change => change.After.State is MemberState.Suspect or MemberState.Removed));
    }

    [Fact]
    public void Node_restarted_after_all_seeds_are_gone_is_called_back_by_those_that_knew_it()
    {
        StartAndSettle(6);
        foreach (var node in new[] { 0, 1, 2, 5 })
            _world.Crash(_world[node]);
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(30), _world.IsConverged), _world.Views());
        _world.Start(5);
        Assert.True(_world.RunUntil(TimeSpan.FromMinutes(2), () => _world.IsConverged() && _world[5].Core.Self.State == MemberState.Up), _world.Views());
    }

    [Fact]
    public void Node_restarted_after_its_removal_is_back()
    {
        StartAndSettle(5);
        _world.Crash(_world[3]);
        _world.Run(TimeSpan.FromSeconds(30));
        _world.Start(3);
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(2), _world.IsConverged), _world.Views());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    public void Node_restarted_with_a_clock_set_back_takes_a_later_start_and_is_back(int deadSeconds)
    {
        StartAndSettle(4);
        var dead = _world[3];
        _world.Crash(dead);
        _world.Run(TimeSpan.FromSeconds(deadSeconds));
        _world.Start(3, start: 1);
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(2), _world.IsConverged), _world.Views());
        Assert.Equal(dead.Core.Self.Start.Value + 1, _world[3].Core.Self.Start.Value);
    }

    [Fact]
    public void Of_two_processes_with_one_number_the_later_start_counts_and_the_other_is_told_to_stop()
    {
        StartAndSettle(4);
        var elsewhere = new NodeAddress("10.9.9.9:7400");
        var earlier = _world[2];
        var later = _world.Start(2, address: elsewhere);
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(1), () => earlier.Core.IsOver), _world.Views());
        var told = Assert.Single(earlier.Told.OfType<Overruled>());
        Assert.Contains("node2 was started again later, at 10.9.9.9:7400: this process has to stop", told.Reason, StringComparison.Ordinal);
        _world.Crash(earlier);
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(2), _world.IsConverged), _world.Views());
        Assert.Empty(later.Told.OfType<Overruled>());
    }

    [Fact]
    public void Process_with_the_number_of_a_later_started_one_is_refused()
    {
        StartAndSettle(4);
        var second = _world.Start(2, start: 1, address: new NodeAddress("10.9.9.9:7400"));
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(1), () => second.Core.IsOver));
        Assert.Equal(_world[2].Core.Self.Life, Assert.Single(second.Told.OfType<Overruled>()).By.Life);
        Assert.Equal(TimeSpan.MaxValue, second.Core.NextDeadline);
        _world.Crash(second);
        Assert.True(_world.IsConverged(), _world.Views());
    }

    [Fact]
    public void Of_two_processes_started_in_one_instant_one_counts()
    {
        StartAndSettle(2);
        var stamp = (ulong)_world.Now.TotalMilliseconds << HybridTimestamp.CounterBits;
        var lower = _world.Start(5, start: stamp);
        var higher = _world.Start(5, start: stamp, address: new NodeAddress("10.0.0.6:7400"));
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(15), () => lower.Core.IsOver), _world.Views());
        _world.Crash(lower);
        Assert.True(_world.RunUntil(TimeSpan.FromSeconds(2), _world.IsConverged), _world.Views());
        Assert.False(higher.Core.IsOver);
    }

    [Fact]
    public void Earlier_life_that_wakes_up_is_told_to_stop_and_never_believed()
    {
        StartAndSettle(4);
        var sleeper = _world[2];
        _world.Pause(sleeper, TimeSpan.FromSeconds(60));
        _world.Run(TimeSpan.FromSeconds(20));
        var later = _world.Start(2, address: new NodeAddress("10.9.9.9:7400"));
        _world.Run(TimeSpan.FromSeconds(30));
        _world.Crash(later);
        _world.Run(TimeSpan.FromSeconds(15));
        Assert.True(sleeper.Core.IsOver);
        Assert.Equal([0u, 1u, 3u], _world[0].Core.View.Members.Select(member => member.Node.Value));
        Assert.All(_world.Live.Where(node => node != sleeper), node => Assert.DoesNotContain(
            node.Told.OfType<MemberChanged>(), change => change.Before is { } before && change.After.Start < before.Start));
    }

    [Fact]
    public void Node_paused_for_less_than_a_suspicion_refutes_it()
    {
        StartAndSettle(4);
        _world.Pause(_world[2], TimeSpan.FromSeconds(1.2));
        _world.Run(TimeSpan.FromSeconds(8));
        Assert.True(_world.IsConverged(), _world.Views());
        Assert.All(_world.Live, node => Assert.DoesNotContain(node.Told.OfType<MemberChanged>(), change => change.After.State == MemberState.Removed));
    }

    [Fact]
    public void Node_paused_for_long_is_removed_comes_back_and_accuses_nobody()
    {
        StartAndSettle(6);
        // Answers that take long, so that there is a probe under way at many of the pauses.
        _world.Network.Delay = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(70));
        var paused = _world[2];
        paused.Told.Clear();
        for (var i = 0; i < 16; i++)
        {
            var before = paused.Core.Self;
            _world.Run(TimeSpan.FromMilliseconds(i * 37));
            _world.Pause(paused, TimeSpan.FromSeconds(20));
            _world.Run(TimeSpan.FromSeconds(19));
            Assert.Equal(5, _world[0].Core.View.Members.Length);
            _world.Run(TimeSpan.FromSeconds(10));
            Assert.True(_world.IsConverged(), _world.Views());
            Assert.Equal(before.Life, paused.Core.Self.Life);
            Assert.True(paused.Core.Self.Incarnation > before.Incarnation);
        }
        Assert.DoesNotContain(paused.Told.OfType<MemberChanged>(), change => change.After.State is MemberState.Suspect or MemberState.Removed);
    }

    [Fact]
    public void Suspicion_that_was_refuted_during_a_pause_removes_nobody()
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var world = new SimWorld(seed);
            StartAndSettle(world, 3);
            var (accuser, suspect) = (world[0], world[1]);
            world.Pause(suspect, TimeSpan.FromSeconds(3.2));
            Assert.True(world.RunUntil(TimeSpan.FromSeconds(3), () => accuser.Core.View.Find(new(1))!.State == MemberState.Suspect));
            world.Pause(accuser, TimeSpan.FromSeconds(12));
            world.Run(TimeSpan.FromSeconds(20));
            Assert.True(world.IsConverged(), world.Views());
            Assert.DoesNotContain(accuser.Told.OfType<MemberChanged>(), change => change.After.State == MemberState.Removed);
        }
    }

    /// <summary>A saturated machine: all nodes stop for up to half a second at a time, at random, all the time.</summary>
    [Fact]
    public void Ten_minutes_of_stalls_on_all_nodes_remove_nobody()
    {
        StartAndSettle(3);
        _world.Network.Delay = (TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(50));
        for (var at = TimeSpan.Zero; at < TimeSpan.FromMinutes(10); at += TimeSpan.FromMilliseconds(100))
        {
            _world.Run(TimeSpan.FromMilliseconds(100));
            foreach (var node in _world.Live.ToList())
            {
                if (_world.Random.Chance(0.2))
                    _world.Pause(node, TimeSpan.FromMilliseconds(20 + (_world.Random.Next() % 480)));
            }
        }
        Assert.All(_world.Live, node => Assert.DoesNotContain(node.Told.OfType<MemberChanged>(), change => change.After.State == MemberState.Removed));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(12)]
    public void Halves_that_lost_each_other_find_together_without_seeds(int nodes)
    {
        var world = new SimWorld(seed: nodes, _world.Settings with { Seeds = [SimWorld.AddressOf(0)] });
        for (var node = 0; node < nodes; node++)
            world.Start(node);
        world.Run(TimeSpan.FromSeconds(25));
        for (var a = 0; a < nodes; a++)
        {
            for (var b = 0; b < nodes; b++)
            {
                if (a % 2 != b % 2)
                    world.Network.Cut(SimWorld.AddressOf(a), SimWorld.AddressOf(b));
            }
        }
        world.Run(TimeSpan.FromMinutes(2));
        Assert.All(world.Live, node => Assert.Equal(nodes / 2, node.Core.View.Members.Length));
        foreach (var node in world.Live)
            node.Told.Clear();
        world.Network.Mend();
        Assert.True(world.RunUntil(TimeSpan.FromSeconds(20), world.IsConverged), world.Views());
        // Nobody was taken out of a half that it had stayed in.
        Assert.All(world.Live, node => Assert.DoesNotContain(
            node.Told.OfType<MemberChanged>(), change => change.Before is { IsLive: true } && !change.After.IsLive));
    }

    [Fact]
    public void Node_that_one_other_cannot_reach_is_not_even_suspected()
    {
        StartAndSettle(6);
        _world.Network.Cut(SimWorld.AddressOf(2), SimWorld.AddressOf(4));
        _world.Run(TimeSpan.FromMinutes(5));
        Assert.All(_world.Live, node => Assert.DoesNotContain(node.Told.OfType<MemberChanged>(), change => change.After.State >= MemberState.Suspect));
    }

    [Fact]
    public void Node_that_hears_from_nobody_takes_itself_for_slow()
    {
        StartAndSettle(5);
        for (var node = 1; node < 5; node++)
            _world.Network.Cut(SimWorld.AddressOf(node), SimWorld.AddressOf(0));
        Assert.InRange(PingsOfFirst(TimeSpan.FromSeconds(8)), 1, 6);
    }

    [Fact]
    public void Node_that_hears_that_others_get_no_answer_either_does_not_take_itself_for_slow()
    {
        StartAndSettle(5);
        _world.Crash(_world[4]);
        Assert.InRange(PingsOfFirst(TimeSpan.FromSeconds(8)), 16, 20);
    }

    private int PingsOfFirst(TimeSpan duration)
    {
        var pings = 0;
        // Pings of the last node may be on behalf of others.
        _world.OnSend = (node, message) => pings += node == _world[0] && message is Ping { To: { Node.Value: not 4 } } ? 1 : 0;
        _world.Run(duration);
        return pings;
    }

    private void StartAndSettle(int nodes) => StartAndSettle(_world, nodes);

    private static void StartAndSettle(SimWorld world, int nodes)
    {
        for (var node = 0; node < nodes; node++)
            world.Start(node);
        world.Run(TimeSpan.FromSeconds(25));
        Assert.True(world.IsConverged(), world.Views());
    }
}
