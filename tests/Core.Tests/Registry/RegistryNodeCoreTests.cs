using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Registry;
using Cascade.Core.Tests.Membership;
using static Cascade.Core.Tests.Indices.Digests;

namespace Cascade.Core.Tests.Registry;

public sealed partial class RegistryNodeCoreTests
{
    private static readonly RegistrySettings Settings = new() { QuotaBytes = long.MaxValue, MaxChanges = 2, MaxHeld = 2, MaxKeys = 100_000 };

    private readonly RegistryWorld _world = new(new SeededNumbers(1), Settings);
    private readonly uint _first;
    private readonly uint _second;
    private readonly uint _third;

    /// <summary>Three nodes, named by the order in which they are the registry; nobody knows of the others yet.</summary>
    public RegistryNodeCoreTests()
    {
        List<uint> nodes = [1, 2, 3];
        List<uint> order = [];
        foreach (var node in nodes)
            _world.Start(node);
        while (nodes.Count > 0)
        {
            _world.ShowAll([.. nodes]);
            var next = _world[nodes[0]].Cluster!.Shards.SingletonOf(RegistryNodeCore.SingletonName)!.Value.Value;
            order.Add(next);
            nodes.Remove(next);
        }
        (_first, _second, _third) = (order[0], order[1], order[2]);
        foreach (var node in order)
            _world.Start(node);
        _world.Run(1);
        _world.Sent.Clear();
    }

    [Fact]
    public void Node_that_is_alone_serves_at_once_and_one_that_knows_no_cluster_does_not()
    {
        var (alone, unknown, outbox) = (new RegistryNodeCore(Settings), new RegistryNodeCore(Settings, new NodeId(1)), new Outbox());
        alone.Handle(default, this, Register(1), outbox);
        unknown.Handle(default, this, Register(1), outbox);
        Assert.Equal([new Effect(this, new Registered(10, long.MaxValue)), new Effect(this, Moved.Instance)], outbox.Effects);
        Assert.Null(alone.NextDeadline);
    }

    [Fact]
    public void Change_is_acknowledged_when_the_last_replica_has_it()
    {
        ShowAll();
        _world.Block(_third, _first);
        var ask = Ask(_first, Register(1));
        _world.Run(0.2);
        Assert.Null(ask.Answer);
        Assert.All(_world.Peers, peer => Assert.True(peer.Knows(ask.Entry)));
        _world.Heal();
        _world.Run(0.1);
        Assert.IsType<Registered>(ask.Answer);
    }

    [Fact]
    public void Silent_replica_is_waited_for_a_bounded_time_and_told_again_meanwhile()
    {
        ShowAll();
        _world.Block(_first, _third);
        var ask = Ask(_first, Register(1));
        _world.Run(0.95);
        Assert.Null(ask.Answer);
        _world.Run(0.1);
        Assert.IsType<Registered>(ask.Answer);
        Assert.Equal(4, _world.Sent.Count(sent => sent.Message is RegistryPart && Equals(sent.To, new NodeId(_third))));
        Assert.Single(_world.Sent, sent => sent.Message is RegistryPart && Equals(sent.To, new NodeId(_second)));
    }

    [Fact]
    public void Suspect_is_told_and_not_waited_for()
    {
        ShowAll();
        _world.Show(_first, (_first, MemberState.Up), (_second, MemberState.Up), (_third, MemberState.Suspect));
        _world.Block(_third, _first);
        var ask = Ask(_first, Register(1));
        _world.Run(0.05);
        Assert.IsType<Registered>(ask.Answer);
        Assert.True(_world[_third].Knows(ask.Entry));
    }

    [Fact]
    public void Node_that_becomes_suspect_or_goes_is_waited_for_no_longer()
    {
        ShowAll();
        _world.Block(_first, _third);
        var first = Ask(_first, Register(1));
        _world.Run(0.1);
        _world.Show(_first, (_first, MemberState.Up), (_second, MemberState.Up), (_third, MemberState.Suspect));
        Assert.IsType<Registered>(first.Answer);
        ShowAll();
        var second = Ask(_first, Register(2));
        _world.Run(0.1);
        Assert.Null(second.Answer);
        _world.ShowAll(_first, _second);
        Assert.IsType<Registered>(second.Answer);
    }

    [Fact]
    public void Answer_of_a_former_life_does_not_count_for_the_present_one()
    {
        ShowAll();
        var former = _world[_third].Life;
        _world.Block(_first, _third);
        _world.Start(_third);
        ShowAll();
        var ask = Ask(_first, Register(1));
        _world.Run(0.1);
        var part = Assert.IsType<RegistryPart>(_world.Sent.Last(static sent => sent.Message is RegistryPart).Message);
        _world.Tell(_world[_first], new RegistryTaken(former, part.Number));
        Assert.Null(ask.Answer);
        _world.Tell(_world[_first], new RegistryTaken(_world[_third].Life, part.Number));
        Assert.IsType<Registered>(ask.Answer);
    }

    [Fact]
    public void Changes_that_wait_for_replicas_are_bounded()
    {
        ShowAll();
        _world.Block(_first, _third);
        Ask(_first, Register(1));
        Ask(_first, Register(2));
        Assert.IsType<Busy>(Ask(_first, Register(3)).Answer);
        Assert.Equal(2, _world[_first].Core.State.Keys);
        _world.Run(1.1);
        Assert.Null(Ask(_first, Register(3)).Answer);
    }

    [Fact]
    public void Replica_that_is_asked_says_that_it_is_none()
    {
        ShowAll();
        Assert.Same(Moved.Instance, Ask(_second, Register(1)).Answer);
        Assert.Empty(_world[_second].Core.State.Entries);
    }

    [Fact]
    public void Client_is_neither_told_nor_waited_for()
    {
        var client = _world.Start(9);
        var members = new[] { _world[_first], client }.Select(peer => RegistryWorld.Describe(peer.Life, MemberState.Up, isClient: peer == client));
        _world.Show(_world[_first], [.. members.OrderBy(static member => member.Node)]);
        Assert.IsType<Registered>(Ask(_first, Register(1)).Answer);
        Assert.DoesNotContain(_world.Sent, static sent => Equals(sent.To, new NodeId(9)));
    }

    [Fact]
    public void Node_that_joins_is_given_all_at_once()
    {
        _world.ShowAll(_first, _second);
        _world.Run(0.1);
        var ask = Ask(_first, Register(1));
        _world.Run(0.1);
        ShowAll();
        _world.Run(0.1);
        Assert.True(_world[_third].Knows(ask.Entry));
        Assert.True(_world[_first].Core.IsServing);
    }

    [Fact]
    public void Two_registries_of_a_divided_cluster_are_merged_when_it_heals()
    {
        _world.ShowAll(_first);
        _world.ShowAll(_second, _third);
        _world.Run(0.1);
        var (one, other) = (Ask(_first, Register(1)), Ask(_second, Register(2)));
        _world.Run(0.1);
        Assert.IsType<Registered>(one.Answer);
        Assert.IsType<Registered>(other.Answer);
        ShowAll();
        _world.Run(0.2);
        Assert.All(_world.Peers, peer => Assert.Equal(2, peer.Core.State.Keys));
        Assert.Equal(new NodeId(_first), Assert.Single(_world.Peers, static peer => peer.Core.IsServing).Life.Node);
    }

    [Fact]
    public void Comparison_is_one_message_every_few_seconds_and_one_that_was_missed_is_found_by_it()
    {
        ShowAll();
        _world.Run(0.5);
        _world.Sent.Clear();
        _world.Run(30);
        Assert.Equal(10, _world.Sent.Count);
        Assert.Equal(new[] { _second, _third }.Order(), _world.Sent.Select(static sent => ((NodeId)sent.To).Value).Distinct().Order());
        Take(_third, 5);
        _world.Run(7);
        Assert.All(_world.Peers, peer => Assert.True(peer.Knows(Entry(5))));
    }

    [Fact]
    public void Owners_are_told_of_what_a_merge_overrules_by_the_registry_alone()
    {
        ShowAll();
        _world.Run(0.1);
        Ask(_first, Register(1, block: 1, stamp: 1));
        _world.Run(0.1);
        _world.Sent.Clear();
        Take(_third, new RegistryEntry(Key(1), Block(2), 20, new HybridTimestamp(2), IsRemoved: false));
        _world.Run(10);
        Take(_third, new RegistryEntry(Key(1), Block(3), 20, new HybridTimestamp(1), IsRemoved: false));
        _world.Tell(_world[_first], new RegistryStatePart(_world[_third].Life, 0, 0, 1, [new(Key(1), Block(3), 30, new HybridTimestamp(1), IsRemoved: false)]));
        var told = _world.Sent.Where(static sent => sent.To == Destination.Owners).ToArray();
        Assert.Equal([new Unprotect(Block(1), Key(1)), new Unprotect(Block(3), Key(1))], told.Select(static sent => sent.Message).Distinct());
        Assert.All(told, sent => Assert.Equal(new NodeId(_first), sent.From));
    }

    private static Register Register(int key, int? block = null, ulong stamp = 1) =>
        new(Key(key), Block(block ?? key), 10 * (block ?? key), new HybridTimestamp(stamp));

    private static RegistryEntry Entry(int key) => new(Key(key), Block(key), 10 * key, new HybridTimestamp(1), IsRemoved: false);

    private RegistryAsk Ask(uint node, IRegistryMessage request) => _world.Ask(_world[node], request);

    private void ShowAll()
    {
        _world.ShowAll([.. new[] { _first, _second, _third }.Order()]);
        _world.Run(0.05);
    }

    private void Take(uint node, int key) => Take(node, Entry(key));

    private void Take(uint node, params RegistryEntry[] entries) => _world.Tell(_world[node], new RegistryPart(default, 1, entries));
}
