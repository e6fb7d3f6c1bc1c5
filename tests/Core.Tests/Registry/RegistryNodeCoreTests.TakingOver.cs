using Cascade.Core.Clocks;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Registry;
using Cascade.Core.Wire;
using static Cascade.Core.Tests.Indices.Digests;

namespace Cascade.Core.Tests.Registry;

public sealed partial class RegistryNodeCoreTests
{
    [Fact]
    public void New_registry_asks_all_before_it_serves_and_holds_requests_meanwhile()
    {
        // Only the third knows of a registration: its registry crashed before the others were told.
        Take(_third, 7);
        _world.Block(_third, _second);
        _world.ShowAll(_second, _third);
        var (held, other, beyond) = (Ask(_second, Register(7)), Ask(_second, Register(2)), Ask(_second, Register(3)));
        Assert.Same(Moved.Instance, beyond.Answer);
        _world.Run(0.3);
        Assert.False(_world[_second].Core.IsServing);
        Assert.Null(held.Answer);
        _world.Heal();
        _world.Run(0.4);
        Assert.Equal(new Registered(70, long.MaxValue), held.Answer);
        Assert.IsType<Registered>(other.Answer);
    }

    [Fact]
    public void New_registry_waits_a_bounded_time_and_not_for_those_that_are_gone()
    {
        _world.Block(_third, _second);
        _world.ShowAll(_second, _third);
        _world.Run(0.5);
        Assert.False(_world[_second].Core.IsServing);
        _world.Run(0.6);
        Assert.True(_world[_second].Core.IsServing);

        _world.Start(_second);
        _world.ShowAll(_second, _third);
        Assert.False(_world[_second].Core.IsServing);
        _world.ShowAll(_second);
        Assert.True(_world[_second].Core.IsServing);
    }

    [Fact]
    public void State_whose_middle_is_lost_is_asked_for_again()
    {
        _world.Block(_third, _second);
        _world.ShowAll(_second, _third);
        var query = (RegistryQuery)_world.Sent.Last(static sent => sent.Message is RegistryQuery).Message;
        var from = _world[_third].Life;
        _world.Tell(_world[_second], new RegistryStatePart(from, query.Round, 0, 3, [Entry(1)]));
        _world.Tell(_world[_second], new RegistryStatePart(from, query.Round, 2, 3, [Entry(3)]));
        Assert.False(_world[_second].Core.IsServing);
        _world.Run(0.3);
        var again = (RegistryQuery)_world.Sent.Last(static sent => sent.Message is RegistryQuery).Message;
        Assert.NotEqual(query.Round, again.Round);
        for (var part = 0; part < 3; part++)
        {
            Assert.False(_world[_second].Core.IsServing);
            _world.Tell(_world[_second], new RegistryStatePart(from, again.Round, part, 3, [Entry(1 + part)]));
        }
        Assert.True(_world[_second].Core.IsServing);
    }

    [Fact]
    public void State_of_many_keys_comes_in_parts_and_withdrawals_alone_when_the_rest_is_known()
    {
        var entries = Enumerable.Range(1, WireLimits.RegistryPartEntriesMax + 1).Select(Entry).ToArray();
        Take(_third, [.. entries, RegistryEntry.Removed(Key(99_999), new HybridTimestamp(1))]);
        Assert.Equal([WireLimits.RegistryPartEntriesMax, 2], TakeOverAndCountParts());
        Assert.Equal(_world[_third].Core.State, _world[_second].Core.State);

        _world.ShowAll(_third);
        Assert.Equal([1], TakeOverAndCountParts());

        int[] TakeOverAndCountParts()
        {
            _world.ShowAll(_second);
            _world.Sent.Clear();
            _world.Show(_second);
            _world.Show(_second, (_second, MemberState.Up), (_third, MemberState.Up));
            _world.Show(_third, (_second, MemberState.Up), (_third, MemberState.Up));
            _world.Run(0.1);
            var parts = _world.Sent.Select(static sent => sent.Message).OfType<RegistryStatePart>();
            return [.. parts.Where(part => part.From == _world[_third].Life).Select(static part => part.Entries.Count)];
        }
    }

    [Fact]
    public void Planned_hand_over_loses_nothing_and_what_is_under_way_is_answered()
    {
        ShowAll();
        _world.Run(0.1);
        _world.Block(_third, _first);
        var ask = Ask(_first, Register(1));
        _world.Run(0.05);
        foreach (var node in new[] { _first, _second, _third })
            _world.Show(node, (_first, MemberState.Leaving), (_second, MemberState.Up), (_third, MemberState.Up));
        _world.Heal();
        _world.Run(0.5);
        Assert.IsType<Registered>(ask.Answer);
        Assert.Same(Moved.Instance, Ask(_first, Register(2)).Answer);
        Assert.True(_world[_second].Core.IsServing);
        Assert.True(_world[_second].Knows(ask.Entry));
    }

    [Fact]
    public void Change_of_a_former_registry_that_not_all_took_is_not_acknowledged()
    {
        ShowAll();
        _world.Run(0.1);
        _world.Block(_first, _second);
        var ask = Ask(_first, Register(1));
        _world.Show(_first, (_first, MemberState.Leaving), (_second, MemberState.Up), (_third, MemberState.Up));
        _world.Run(1.1);
        Assert.Same(Moved.Instance, ask.Answer);
    }

    [Fact]
    public void Registry_that_another_replaces_unknown_to_it_leaves_off_for_a_while()
    {
        _world.ShowAll(_second);
        _world.Run(0.1);
        // The first joined: it and the second know, but for the second's own registry, which is told late.
        _world.Show(_first, (_first, MemberState.Up), (_second, MemberState.Up));
        _world.Run(0.1);
        Assert.True(_world[_first].Core.IsServing);
        Assert.Same(Moved.Instance, Ask(_second, Register(1)).Answer);
        _world.Run(1);
        Assert.True(_world[_second].Core.IsServing);
    }
}
