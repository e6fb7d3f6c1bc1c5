using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Registry;
using Cascade.Core.Sharding;
using Cascade.Core.Tests.Membership;

namespace Cascade.Core.Tests.Registry;

/// <summary>Several nodes' parts in the registry, under virtual time and a network that keeps order between two nodes and may lose anything.</summary>
internal sealed class RegistryWorld(SeededNumbers random, RegistrySettings settings)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly SortedDictionary<NodeId, RegistryPeer> _peers = [];
    private readonly List<Flight> _flights = [];
    private readonly Dictionary<(NodeId From, NodeId To), TimeSpan> _lastArrivals = [];
    private readonly HashSet<(NodeId From, NodeId To)> _blocked = [];
    private ulong _starts;

    public TimeSpan Now { get; private set; }

    /// <summary>Share of messages between nodes that are lost.</summary>
    public double Loss { get; set; }

    /// <summary>Longest way of a message.</summary>
    public TimeSpan DelayMax { get; set; } = TimeSpan.FromMilliseconds(1);

    public IEnumerable<RegistryPeer> Peers => _peers.Values;

    /// <summary>Called with every answer to a client, by the peer that gave it.</summary>
    public Action<RegistryPeer, RegistryAsk, object>? OnAnswer { get; set; }

    /// <summary>Everything sent between nodes and to owners, in order.</summary>
    public List<(NodeId From, object To, object Message)> Sent { get; } = [];

    public RegistryPeer this[uint node] => _peers[new NodeId(node)];

    public RegistryPeer Start(uint node)
    {
        var id = new NodeId(node);
        return _peers[id] = new RegistryPeer(new NodeLife(id, new HybridTimestamp(++_starts << 32)), new RegistryNodeCore(settings, id)) { Since = Now };
    }

    public void Crash(uint node)
    {
        _peers.Remove(new NodeId(node));
        _flights.RemoveAll(flight => flight.From.Node == new NodeId(node));
    }

    public void Block(uint from, uint to) => _blocked.Add((new NodeId(from), new NodeId(to)));

    public void Heal() => _blocked.Clear();

    public bool IsBlocked(NodeId from, NodeId to) => _blocked.Contains((from, to));

    /// <summary>Tells a node who is in the cluster: these, all of them up but for those with another state.</summary>
    public void Show(uint to, params (uint Node, MemberState State)[] members)
    {
        var known = members.Select(member => Describe(_peers[new NodeId(member.Node)].Life, member.State));
        Show(_peers[new NodeId(to)], [.. known.OrderBy(static member => member.Node)]);
    }

    /// <summary>Tells each of these nodes that they are the cluster.</summary>
    public void ShowAll(params uint[] nodes)
    {
        foreach (var node in nodes)
            Show(node, [.. nodes.Select(static member => (member, MemberState.Up))]);
    }

    public void Show(RegistryPeer peer, Member[] members)
    {
        var view = new MembershipView(0, peer.Life.Node, [.. members], 0);
        peer.Cluster = new ClusterState(view, ShardMap.Of(view));
        Handle(peer, this, peer.Cluster);
    }

    public static Member Describe(NodeLife life, MemberState state, bool isClient = false) =>
        new(life.Node, new NodeAddress($"n{life.Node.Value}:1"), life.Start, 0, state, Member.FullShare, isClient ? new MemberMetadata(true, []) : MemberMetadata.None, null);

    /// <summary>Asks a node as a client on it would.</summary>
    public RegistryAsk Ask(RegistryPeer peer, IRegistryMessage request)
    {
        var ask = new RegistryAsk(request, Now);
        Handle(peer, ask, request);
        return ask;
    }

    /// <summary>Asks a node as a client on another would.</summary>
    public RegistryAsk AskFrom(RegistryPeer from, NodeId to, IRegistryMessage request)
    {
        var ask = new RegistryAsk(request, Now);
        Send(from.Life, to, ask, request);
        return ask;
    }

    public void Tell(RegistryPeer peer, object message) => Handle(peer, this, message);

    public void Run(double seconds)
    {
        for (var end = Now + TimeSpan.FromSeconds(seconds); Now < end;)
        {
            Now += Step;
            while (_flights.FindIndex(flight => flight.At <= Now) is var next and >= 0)
            {
                // Of those that are due the earliest first.
                foreach (var (i, flight) in _flights.Index())
                    next = flight.At < _flights[next].At ? i : next;
                var due = _flights[next];
                _flights.RemoveAt(next);
                if (_peers.TryGetValue(due.ToNode, out var peer) && (due.ToLife is not { } life || life == peer.Life))
                    Handle(peer, due.Sender, due.Message);
            }
            foreach (var peer in _peers.Values)
            {
                if (peer.Core.NextDeadline <= Now)
                    Do(peer, outbox => peer.Core.Tick(Now, outbox));
            }
        }
    }

    private void Handle(RegistryPeer peer, object sender, object message) => Do(peer, outbox => peer.Core.Handle(Now, sender, message, outbox));

    private void Do(RegistryPeer peer, Action<Outbox> step)
    {
        var outbox = new Outbox();
        step(outbox);
        foreach (var (to, message) in outbox.Effects)
        {
            switch (to)
            {
                case RegistryAsk ask:
                    ask.Answer = message;
                    ask.AnsweredAt = Now;
                    OnAnswer?.Invoke(peer, ask, message);
                    break;
                case RegistryWorld:
                    break;
                default:
                    Sent.Add((peer.Life.Node, to, message));
                    if (to is NodeId node)
                        Send(peer.Life, node, peer.Life, message);
                    else if (to is NodeLife life)
                        Send(peer.Life, life.Node, peer.Life, message, life);
                    break;
            }
        }
    }

    private void Send(NodeLife from, NodeId to, object sender, object message, NodeLife? toLife = null)
    {
        if (from.Node != to && (random.Chance(Loss) || IsBlocked(from.Node, to)))
            return;
        var at = Now + new TimeSpan((long)(random.Next() % (ulong)DelayMax.Ticks));
        if (_lastArrivals.TryGetValue((from.Node, to), out var last) && at <= last)
            at = last + new TimeSpan(1);
        _lastArrivals[(from.Node, to)] = at;
        _flights.Add(new Flight(at, from, to, toLife, sender, message));
    }

    private sealed record Flight(TimeSpan At, NodeLife From, NodeId ToNode, NodeLife? ToLife, object Sender, object Message);
}

/// <summary>One life of a node.</summary>
internal sealed record RegistryPeer(NodeLife Life, RegistryNodeCore Core)
{
    public TimeSpan Since { get; init; }

    public ClusterState? Cluster { get; set; }

    /// <summary>True when what it knows of the key is this, or later.</summary>
    public bool Knows(RegistryEntry entry) => Core.State.TryGet(entry.Key, out var held) && !entry.Overrules(held);
}

/// <summary>A client's question.</summary>
internal sealed class RegistryAsk(IRegistryMessage request, TimeSpan at)
{
    public IRegistryMessage Request => request;

    public TimeSpan At => at;

    public object? Answer { get; set; }

    public TimeSpan AnsweredAt { get; set; }

    public RegistryEntry Entry => request switch
    {
        Register register => new RegistryEntry(register.Key, register.Id, register.LengthBytes, register.Stamp, IsRemoved: false),
        Unregister unregister => RegistryEntry.Removed(unregister.Key, unregister.Stamp),
        _ => default,
    };
}
