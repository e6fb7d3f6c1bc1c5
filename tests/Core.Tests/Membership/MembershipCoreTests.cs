using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Ports;

namespace Cascade.Core.Tests.Membership;

/// <summary>One core that founded a cluster, message by message.</summary>
public sealed class MembershipCoreTests
{
    private readonly Outbox _outbox = new();
    private readonly MembershipCore _core = new(
        Member.Starting(new NodeId(1), new NodeAddress("h1:1"), new HybridTimestamp(5), MemberMetadata.None),
        new MembershipSettings { Cluster = "one", RemovedMax = 3 }, new SeededNumbers(1));

    public MembershipCoreTests() => _core.Start(TimeSpan.Zero, _outbox);

    [Fact]
    public void Record_out_of_range_and_message_of_others_are_not_taken()
    {
        var from = Up(2).Life;
        Member[] records =
        [
            Up(3) with { Incarnation = -1 }, Up(4) with { State = (MemberState)6 }, Up(5) with { Share = 9 }, Up(6) with { Share = 0 },
            Up(7) with { Incarnation = Member.IncarnationMax, State = MemberState.Suspect }, Up(8),
        ];
        Assert.True(_core.Handle(TimeSpan.Zero, "peer", new Gossip(from, _core.Self.Life, records), _outbox));
        Assert.Equal([1u, 8u], _core.View.Members.Select(member => member.Node.Value));
        Assert.True(_core.Handle(TimeSpan.Zero, "peer", new Gossip(from, _core.Self.Life with { Start = new HybridTimestamp(6) }, [Up(9)]), _outbox));
        Assert.Equal(2, _core.View.Members.Length);
        Assert.False(_core.Handle(TimeSpan.Zero, "peer", "hello", _outbox));
    }

    [Fact]
    public void Accused_member_hears_of_it_with_every_answer()
    {
        Hear(Up(2), Up(3));
        Hear(Up(2) with { State = MemberState.Removed });
        DrainGossip();
        var answer = Assert.IsType<Ack>(Ask(new Ping(Up(2).Life, _core.Self.Life, 7, [])));
        Assert.Equal(Up(2) with { State = MemberState.Removed }, Assert.Single(answer.Gossip));
        Assert.Empty(Assert.IsType<Ack>(Ask(new Ping(Up(3).Life, _core.Self.Life, 8, []))).Gossip);
    }

    [Fact]
    public void News_of_an_earlier_life_is_answered_by_what_counts()
    {
        var later = Up(2) with { Start = new HybridTimestamp(9), State = MemberState.Removed };
        Hear(later, Up(3));
        DrainGossip();
        Hear(Up(2) with { Incarnation = 20 });
        Assert.Null(_core.View.Find(new NodeId(2)));
        Assert.Contains(later, Assert.IsType<Ack>(Ask(new Ping(Up(3).Life, _core.Self.Life, 8, []))).Gossip);
    }

    [Fact]
    public void Earlier_life_that_asks_is_told_to_stop()
    {
        Hear(Up(2) with { Start = new HybridTimestamp(9) });
        var refused = Assert.IsType<SyncRefused>(Ask(new Ping(Up(2).Life, _core.Self.Life, 7, [])));
        Assert.Equal((Up(2).Life, new HybridTimestamp(9)), (refused.To, refused.By!.Start));
    }

    [Fact]
    public void Ping_for_an_earlier_life_is_answered_by_the_present_one()
    {
        var told = Assert.IsType<Gossip>(Ask(new Ping(Up(2).Life, _core.Self.Life with { Start = new HybridTimestamp(4) }, 7, [])));
        Assert.Equal(_core.Self, Assert.Single(told.Records));
        Assert.Null(Ask(new Ping(Up(2).Life, new NodeLife(new NodeId(9), new HybridTimestamp(5)), 7, [])));
    }

    [Fact]
    public void Shared_suspicion_is_passed_on_with_each_further_accuser()
    {
        Hear(Up(2), Up(3), Up(4), Up(5));
        Hear(Suspected(by: 3));
        DrainGossip();
        Hear(Suspected(by: 3));
        Assert.Empty(Assert.IsType<Ack>(Ask(new Ping(Up(3).Life, _core.Self.Life, 8, []))).Gossip);
        Hear(Suspected(by: 4));
        Assert.Equal([Suspected(by: 4)], Assert.IsType<Ack>(Ask(new Ping(Up(3).Life, _core.Self.Life, 8, []))).Gossip);
    }

    [Fact]
    public void Own_probe_that_fails_makes_this_node_an_accuser_too()
    {
        Hear(Up(2), Up(3), Up(4), Up(5));
        Hear(Suspected(by: 3));
        _core.ConnectionLost(TimeSpan.Zero, new NodeId(2), _outbox);
        var told = new List<Member>();
        while (_core.NextDeadline < TimeSpan.FromSeconds(4))
        {
            _outbox.Clear();
            _core.Tick(_core.NextDeadline, _outbox);
            told.AddRange(_outbox.Effects.Select(effect => effect.Message).OfType<Gossip>().SelectMany(gossip => gossip.Records));
        }
        Assert.Contains(Suspected(by: 1), told);
    }

    [Fact]
    public void Later_life_that_joins_elsewhere_has_the_earlier_one_told_to_stop()
    {
        Hear(Up(2));
        var later = Up(2) with { Start = new HybridTimestamp(9), Address = new NodeAddress("h9:1") };
        var sync = new Sync(later.Life, null, "one", 1, later, 0, new NodeRange(0, uint.MaxValue), []);
        Assert.IsType<SyncReply>(Ask(sync));
        var refused = Assert.IsType<SyncRefused>(Assert.Single(_outbox.Effects, effect => effect.To.Equals(Up(2).Address)).Message);
        Assert.Equal((Up(2).Life, later), (refused.To, refused.By));
        Assert.IsType<SyncRefused>(Ask(sync with { From = Up(2).Life, Self = Up(2) }));
    }

    [Fact]
    public void Life_that_has_left_is_not_answered()
    {
        Hear(Up(2));
        Hear(Up(2) with { State = MemberState.Left });
        Assert.Null(Ask(new Sync(Up(2).Life, null, "one", 1, Up(2) with { Incarnation = 9 }, 0, new NodeRange(0, uint.MaxValue), [])));
        Assert.Null(_core.View.Find(new NodeId(2)));
    }

    [Fact]
    public void Comparison_brings_no_removal_of_one_that_is_unknown()
    {
        Hear(Up(2));
        var sync = new Sync(
            Up(2).Life, null, "one", 1, Up(2), 0, new NodeRange(0, uint.MaxValue), [Up(2), Up(3), Up(4) with { State = MemberState.Removed }]);
        Assert.Equal(_core.Self, Assert.Single(Assert.IsType<SyncReply>(Ask(sync)).Records));
        var again = sync with { Records = [_core.Self] };
        Assert.Equal([Up(2), Up(3)], Assert.IsType<SyncReply>(Ask(again)).Records);
    }

    [Fact]
    public void Removed_members_are_remembered_up_to_the_limit()
    {
        Hear(Up(2));
        Hear([.. Enumerable.Range(10, 6).Select(node => Up(node) with { State = MemberState.Removed })]);
        var sync = new Sync(Up(2).Life, null, "one", 1, Up(2), 0, new NodeRange(3, uint.MaxValue), []);
        Assert.Equal(3, Assert.IsType<SyncReply>(Ask(sync)).Records.Count);
    }

    private static Member Suspected(uint by) => Up(2) with { State = MemberState.Suspect, Accuser = new NodeId(by) };

    private static Member Up(int node) => Member.Starting(new NodeId((uint)node), new NodeAddress($"h{node}:1"), new HybridTimestamp(1), MemberMetadata.None) with
    {
        State = MemberState.Up,
        Share = Member.FullShare,
    };

    private void Hear(params Member[] records)
    {
        Assert.True(_core.Handle(TimeSpan.Zero, "peer", new Gossip(new NodeLife(new NodeId(77), default), _core.Self.Life, records), _outbox));
        _outbox.Clear();
    }

    /// <summary>The answer to the one who asked; null when there is none.</summary>
    private object? Ask(MembershipMessage message)
    {
        _outbox.Clear();
        Assert.True(_core.Handle(TimeSpan.Zero, "asker", message, _outbox));
        return _outbox.Effects.SingleOrDefault(effect => effect.To is "asker").Message;
    }

    /// <summary>Answers others until there is no news left to tell.</summary>
    private void DrainGossip()
    {
        for (var i = 0; i < 100; i++)
            Ask(new Ping(new NodeLife(new NodeId(77), default), _core.Self.Life, i, []));
    }
}
