using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Indices;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;
using Cascade.Core.Tests.Membership;

namespace Cascade.Core.Tests.Indices;

/// <summary>
/// One lane of the key index on several nodes under virtual time: connections that keep order, delay and break; nodes that come, leave and crash; and views that
/// each node learns at its own time.
/// </summary>
internal sealed class KeyLaneWorld(ulong seed)
{
    public const int Lane = 3;

    private static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(100);

    private readonly PriorityQueue<Action, (TimeSpan At, long Number)> _events = new();
    private readonly Dictionary<(NodeId From, NodeId To), TimeSpan> _lastArrival = [];
    private readonly Dictionary<(NodeId Low, NodeId High), int> _connections = [];
    private readonly Outbox _outbox = new();
    private long _numbers;

    public SeededNumbers Random { get; } = new(seed);

    public TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(1000);

    /// <summary>Who is in the cluster, as everybody learns sooner or later.</summary>
    public List<Member> Truth { get; } = [];

    public SortedDictionary<uint, Node> Nodes { get; } = [];

    /// <summary>Keys of copies that nodes have, which their tiers bind when they are asked to.</summary>
    public Dictionary<NodeId, List<Bind>> Copies { get; } = [];

    /// <summary>Sets of nodes that see nobody but one another; who is in none learns nothing meanwhile.</summary>
    public List<uint[]> Parts { get; } = [];

    public TimeSpan ViewDelayMax { get; set; } = TimeSpan.FromSeconds(2);

    public int Messages { get; private set; }

    public bool AnswersAnnouncements { get; set; } = true;

    /// <summary>Nothing is under way, all see the same, and that is how it is.</summary>
    public bool IsQuiet =>
        Truth.TrueForAll(member => Nodes.GetValueOrDefault(member.Node.Value)?.Life == member.Life)
        && Nodes.Values.All(node => !node.Core.NeedsTicksSoon && node.Core.Report.HandingOver == 0 && node.Known.SequenceEqual(Truth));

    public static MembershipView View(NodeId self, IEnumerable<Member> members) => new(1, self, [.. members.OrderBy(static member => member.Node)], 0);

    public Node Start(uint number, int share = Member.FullShare)
    {
        var start = new HybridTimestamp((ulong)++_numbers);
        var member = new Member(new NodeId(number), new NodeAddress($"n{number}:1"), start, 0, MemberState.Up, share, MemberMetadata.None, null);
        Truth.RemoveAll(known => known.Node == member.Node);
        Truth.Add(member);
        var node = new Node(member.Life, new KeyIndexLaneCore(Lane, member.Node, new KeyIndexSettings(), 1000 * ++_numbers));
        Nodes[number] = node;
        Learn(node);
        Tick(node);
        TellAll();
        return node;
    }

    public void Change(uint number, Func<Member, Member> change)
    {
        var at = Truth.FindIndex(member => member.Node.Value == number);
        Truth[at] = change(Truth[at]);
        TellAll();
    }

    public void Remove(uint number)
    {
        Truth.RemoveAll(member => member.Node.Value == number);
        TellAll();
    }

    /// <summary>The node is gone with all that it held; what it sent may still arrive, or part of it.</summary>
    public void Crash(uint number)
    {
        var node = Nodes[number];
        Nodes.Remove(number);
        foreach (var other in Nodes.Values)
        {
            if (Random.Chance(0.5))
                Break(node.Life.Node, other.Life.Node);
        }
    }

    public void Break(NodeId one, NodeId other) => _connections[Pair(one, other)] = Connection(one, other) + 1;

    public void At(TimeSpan after, Action what) => _events.Enqueue(what, (Now + after, ++_numbers));

    public void Run(TimeSpan span)
    {
        var end = Now + span;
        while (_events.TryPeek(out var what, out var due) && due.At <= end)
        {
            _events.Dequeue();
            Now = due.At;
            what();
        }
        Now = end;
    }

    public void Settle()
    {
        for (var i = 0; i < 600; i++)
        {
            Run(TimeSpan.FromMilliseconds(500));
            if (IsQuiet)
                return;
        }
        Assert.Fail($"seed {seed}: not quiet after 300 s: " + string.Join("; ", Nodes.Values.Select(node => $"{node.Life} {node.Core.Report} {node.Core.NeedsTicksSoon}")));
    }

    /// <summary>Sends a message about a key to who is its primary by the view of some node; the reply comes to the sender if nothing is lost.</summary>
    public void Ask(Node by, IKeyMessage message, Action<object> reply)
    {
        var map = ShardMap.Of(View(by.Life.Node, by.Known));
        if (map.OwnerOf(KeyLanes.ShardOf(message.Key)) is { } primary)
            Send(by.Life.Node, primary, node => Step(node, outbox => node.Core.Handle(Now, new Asker(by.Life, reply), message, outbox)));
    }

    private void Send(NodeId from, NodeId to, Action<Node> deliver)
    {
        Messages++;
        var connection = Connection(from, to);
        var arrival = Now + TimeSpan.FromMilliseconds(1) + Random.Below(TimeSpan.FromMilliseconds(Random.Chance(0.05) ? 400 : 10));
        if (_lastArrival.TryGetValue((from, to), out var last) && last > arrival)
            arrival = last;
        _lastArrival[(from, to)] = arrival;
        At(arrival - Now, () =>
        {
            if (connection == Connection(from, to) && Nodes.TryGetValue(to.Value, out var node))
                deliver(node);
        });
    }

    private void Step(Node node, Action<Outbox> step)
    {
        step(_outbox);
        Effect[] effects = [.. _outbox.Effects];
        _outbox.Clear();
        foreach (var effect in effects)
            CarryOut(node, effect);
    }

    private void CarryOut(Node node, Effect effect)
    {
        var self = node.Life.Node;
        switch (effect.To)
        {
            case Asker asker:
                if (asker.Node.Node == self)
                    asker.Reply(effect.Message);
                else
                    Send(self, asker.Node.Node, to => Reply(to, asker, effect.Message));
                break;
            case KeyLaneAddress lane:
                Assert.Equal(Lane, lane.Lane);
                var sender = effect.Sender ?? node;
                Send(self, lane.Node, to => Step(to, outbox => to.Core.Handle(Now, sender, (IKeyLaneMessage)effect.Message, outbox)));
                break;
            case TierAddress tier:
                Send(self, tier.Node, to => Announce(to, self, (AnnounceKeys)effect.Message));
                break;
        }
    }

    private static void Reply(Node to, Asker asker, object message)
    {
        if (to.Life == asker.Node)
            asker.Reply(message);
    }

    /// <summary>A tier binds its keys, each until it is answered, and says when it is done.</summary>
    private void Announce(Node tier, NodeId asker, AnnounceKeys request)
    {
        if (!AnswersAnnouncements)
            return;
        var left = Copies.GetValueOrDefault(tier.Life.Node, []).Where(bind => request.Includes(bind.Key)).Select(static bind => bind.Key).ToHashSet();
        void Round()
        {
            if (!Nodes.ContainsValue(tier))
                return;
            if (left.Count == 0)
            {
                Send(tier.Life.Node, asker, to => Step(to, outbox => to.Core.Handle(
                    Now, tier, new KeysAnnounced(new TierAddress(tier.Life.Node, TierKind.Shm), request.Round, AwaitCold: false), outbox)));
                return;
            }
            foreach (var bind in Copies[tier.Life.Node].Where(bind => left.Contains(bind.Key)))
                Ask(tier, bind, reply => _ = reply is Bound bound && left.Remove(bound.Key));
            At(TimeSpan.FromSeconds(1), Round);
        }
        Round();
    }

    /// <summary>Has the nodes see the cluster as it is divided now, and is no more when there are no parts.</summary>
    public void Divide(params uint[][] parts)
    {
        Parts.Clear();
        Parts.AddRange(parts);
        TellAll();
    }

    private void TellAll()
    {
        foreach (var node in Nodes.Values)
            At(Random.Below(ViewDelayMax), () => Learn(node));
    }

    private void Learn(Node node)
    {
        var part = Parts.Find(part => part.Contains(node.Life.Node.Value)) ?? [];
        List<Member> seen = Parts.Count == 0 ? [.. Truth] : [.. Truth.Where(member => part.Contains(member.Node.Value))];
        if (!Nodes.ContainsValue(node) || node.Known.SequenceEqual(seen) || (Parts.Count > 0 && part.Length == 0))
            return;
        node.Known = seen;
        var view = View(node.Life.Node, node.Known);
        Step(node, outbox => node.Core.OnClusterState(Now, new ClusterState(view, ShardMap.Of(view)), outbox));
    }

    private void Tick(Node node) => At(TickEvery, () =>
    {
        if (!Nodes.ContainsValue(node))
            return;
        Step(node, outbox => node.Core.Tick(Now, outbox));
        Tick(node);
    });

    private int Connection(NodeId one, NodeId other) => _connections.GetValueOrDefault(Pair(one, other));

    private static (NodeId Low, NodeId High) Pair(NodeId one, NodeId other) => one < other ? (one, other) : (other, one);

    public sealed class Node(NodeLife life, KeyIndexLaneCore core)
    {
        public NodeLife Life { get; } = life;

        public KeyIndexLaneCore Core { get; } = core;

        public List<Member> Known { get; set; } = [];
    }

    private sealed record Asker(NodeLife Node, Action<object> Reply);
}
