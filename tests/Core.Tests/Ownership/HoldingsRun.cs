using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Sharding;
using Cascade.Core.Tests.Membership;
using Cascade.Core.Tests.Tiering;

namespace Cascade.Core.Tests.Ownership;

/// <summary>
/// Some nodes, all drawn from a seed: tiers short of room, owners that move as nodes come and go and as each learns of it late, messages that are delayed and,
/// where connections break, lost.
/// </summary>
/// <param name="seed">What the run is drawn from.</param>
/// <param name="isLossy">Connections break, and nodes crash.</param>
internal sealed class HoldingsRun(ulong seed, bool isLossy) : IDisposable
{
    private const int Granule = 4096;
    private const int Granules = 6;
    private const int Blocks = 24;
    private const uint NodesMax = 4;

    private readonly SeededNumbers _random = new(seed);
    private readonly SortedDictionary<NodeId, HoldingsNode> _nodes = [];
    private readonly SortedDictionary<NodeId, ArenaStandIn> _arenas = [];
    private readonly SortedDictionary<(NodeId From, NodeId To), Queue<(Post To, object Sender, object Message)>> _wires = [];
    private readonly SortedDictionary<NodeId, Queue<MembershipView>> _news = [];
    private readonly Dictionary<BlockId, bool> _wasLetGo = [];
    private readonly List<ArenaStandIn> _made = [];
    private long _version;
    private ulong _starts, _numbers;
    private int _putCount;

    public TimeSpan Now { get; private set; } = TimeSpan.FromSeconds(10);

    public int Evictions { get; private set; }

    public int Voided { get; private set; }

    /// <summary>Steps at which some shard was served though not every node had reported.</summary>
    public int Incomplete { get; private set; }

    /// <summary>Times at which an owner and a tier were found to differ.</summary>
    public int Corrected { get; private set; }

    public ulong NextNumber() => ++_numbers;

    public void Play(int steps)
    {
        for (uint i = 1; i <= 2; i++)
            Start(new NodeId(i));
        for (var step = 0; step < steps; step++)
        {
            Now += TimeSpan.FromMilliseconds(_random.Below(4));
            foreach (var node in _nodes.Values)
                node.Tick();
            Incomplete += _nodes.Values.Any(static node => node.Loader.Incomplete > 0) ? 1 : 0;
            switch (_random.Below(100))
            {
                case < 45: Pass(); break;
                case < 88: Work(); break;
                case < 95: Put(); break;
                case < 97: Pick(_nodes.Values).Region.Passivate(_random.Below(1000)); break;
                case < 98: Tell(); break;
                default: Disturb(); break;
            }
        }
    }

    /// <summary>Nothing happens any more but what is under way, and comparing.</summary>
    public void Settle()
    {
        for (var round = 0; round < 4000; round++)
        {
            Now += TimeSpan.FromMilliseconds(5);
            foreach (var node in _nodes.Values)
                node.Tick();
            for (var i = 0; i < 20; i++)
            {
                Tell();
                Pass();
                Work();
            }
        }
    }

    /// <summary>What owners believe is what is there.</summary>
    public void Check()
    {
        Dictionary<BlockId, HashSet<CopyLocation>> held = [];
        foreach (var node in _nodes.Values)
        {
            node.Arena.Visit((copy, id, _) => (held.TryGetValue(id, out var copies) ? copies : held[id] = []).Add(copy));
            Assert.True(node.Region.IsLoaded, $"{node.Id} is still loading");
            Assert.Equal((0, 0), (node.Loader.Loading, node.Loader.Incomplete));
        }
        var owned = 0;
        foreach (var (id, copies) in held)
        {
            var owner = OwnerOf(id);
            List<CopyLocation> known = [];
            owner.Directory.Read(id, known);
            Assert.True(copies.SetEquals(known), $"{id} lies at {string.Join(' ', copies)} and is believed at {string.Join(' ', known)} by {owner.Id}");
            Assert.True(owner.Directory.IsComplete(id));
            owned++;
        }
        Assert.Equal(owned, _nodes.Values.Sum(static node => node.Directory.Blocks));
        foreach (var (id, core) in _nodes.Values.SelectMany(static node => node.Region.Owners))
        {
            var outbox = new Ports.Outbox();
            core.Handle(Now, "witness", new Describe(id), outbox);
            var described = Assert.IsType<BlockDescription>(outbox.Effects[^1].Message);
            Assert.True(held.GetValueOrDefault(id, []).SetEquals(described.Copies), $"the owner of {id} counts other copies than there are");
        }
    }

    public void Send(HoldingsNode from, Post post, Addressee to, object message)
    {
        if (to.Node == from.Id)
        {
            from.Mail(to.Post, new Addressee(from.Id, post), message);
            return;
        }
        if (!_wires.TryGetValue((from.Id, to.Node), out var wire))
            _wires.Add((from.Id, to.Node), wire = new());
        wire.Enqueue((to.Post, new Addressee(from.Id, post), message));
    }

    public void SendToOwner(HoldingsNode from, Post post, IBlockMessage message)
    {
        if (from.View.Current.Shards.OwnerOf(ShardMap.ShardOf(message.Id.Prefix64)) is { } owner)
            Send(from, post, new Addressee(owner, Post.Region), message);
    }

    public void OnReply(HoldingsNode node, object message)
    {
        if (message is Reserved reserved)
            node.Mail(Post.Tier, "client", new Publish(reserved.Reservation, Id(_random.Below(Blocks)), TierFixture.Key(++_putCount), Announce: true));
        if (message is Published published && _blockAt is { } id)
            _wasLetGo[id] = false;
    }

    private BlockId? _blockAt;

    private BlockId? Note()
    {
        Corrected++;
        return null;
    }

    public void BeforeTier(HoldingsNode node, object message) => _blockAt = message switch
    {
        Publish put => put.Id,
        Believed => Note(),
        EvictGranted granted => granted.Id,
        _ => null,
    };

    /// <summary>
    /// A block that is gone altogether went because an owner said of one of its copies that it is the last, and not because each of two was thought to be
    /// there while the other went.
    /// </summary>
    public void AfterTier(HoldingsNode node, object message)
    {
        if (message is not EvictGranted granted)
            return;
        if (node.Arena.TryFind(granted.Id, out var copy) && copy == granted.Copy)
        {
            Voided++;
            return;
        }
        Evictions++;
        _wasLetGo[granted.Id] = _wasLetGo.GetValueOrDefault(granted.Id) || granted.WasLast;
        var isAnywhere = _nodes.Values.Any(other => other.Arena.TryFind(granted.Id, out _));
        Assert.True(isLossy || isAnywhere || _wasLetGo[granted.Id], $"{granted.Id} is lost: {node.Id} gave {granted.Copy} up as if there were another copy");
    }

    public void Dispose()
    {
        foreach (var arena in _made)
            arena.Dispose();
    }

    private static BlockId Id(int block)
    {
        Span<byte> digest = stackalloc byte[32];
        BitConverter.TryWriteBytes(digest, (ulong)(block + 1) * 0x9E3779B97F4A7C15);
        digest[31] = 1;
        return new BlockId(digest);
    }

    private HoldingsNode OwnerOf(BlockId id) => _nodes[_nodes.Values.First().View.Current.Shards.OwnerOf(ShardMap.ShardOf(id.Prefix64))!.Value];

    private T Pick<T>(IReadOnlyCollection<T> all) => all.ElementAt(_random.Below(all.Count));

    /// <summary>One message arrives at its node.</summary>
    private void Pass()
    {
        var full = _wires.Where(static wire => wire.Value.Count > 0).ToList();
        if (full.Count == 0)
            return;
        var (ends, wire) = Pick(full);
        var (post, sender, message) = wire.Dequeue();
        if (_nodes.TryGetValue(ends.To, out var node))
            node.Mail(post, sender, message);
    }

    private void Work()
    {
        var busy = _nodes.Values.Where(static node => node.HasMail).ToList();
        if (busy.Count > 0)
            Pick(busy).Step(_random.Below(1000));
    }

    private void Put() => Pick(_nodes.Values).Mail(Post.Tier, "client", new Reserve(Granule, TimeSpan.FromSeconds(2)));

    /// <summary>One node learns of a change.</summary>
    private void Tell()
    {
        var late = _news.Where(static news => news.Value.Count > 0).Select(static news => news.Key).ToList();
        if (late.Count == 0)
            return;
        var node = Pick(late);
        _nodes[node].Learn(_news[node].Dequeue());
    }

    private void Disturb()
    {
        switch (_random.Below(8))
        {
            case 0:
                Pick(_nodes.Values).ReportsFrom = Now + _random.Below(TimeSpan.FromSeconds(5));
                return;
            case < 3:
                Pick(_nodes.Values).Life.Share = 1 + _random.Below(Member.FullShare);
                Publish();
                return;
            case < 6:
                if (isLossy && _wires.Count > 0)
                    Break(Pick(_wires.Keys));
                return;
        }
        var absent = Enumerable.Range(1, (int)NodesMax).Select(static i => new NodeId((uint)i)).Where(id => !_nodes.ContainsKey(id)).ToList();
        if (absent.Count > 0 && (_random.Below(2) == 0 || _nodes.Count <= 2))
            Start(Pick(absent));
        else if (isLossy && _nodes.Count > 2)
            Kill(Pick(_nodes.Keys));
    }

    private void Break((NodeId From, NodeId To) ends)
    {
        _wires.GetValueOrDefault(ends)?.Clear();
        _wires.GetValueOrDefault((ends.To, ends.From))?.Clear();
    }

    private void Start(NodeId id)
    {
        var isKept = _arenas.TryGetValue(id, out var arena) && _random.Below(2) == 0;
        if (!isKept)
        {
            _arenas[id] = arena = new ArenaStandIn(Granules * Granule, 16, id.Value);
            _made.Add(arena);
        }
        _nodes.Add(id, new HoldingsNode(this, id, arena!, new MemberAt(id, ++_starts)));
        _news[id] = new();
        Publish();
        _nodes[id].Learn(_news[id].Dequeue());
    }

    private void Kill(NodeId id)
    {
        _nodes.Remove(id);
        _news.Remove(id);
        foreach (var ends in _wires.Keys.Where(ends => ends.From == id || ends.To == id).ToList())
            _wires[ends].Clear();
        Publish();
    }

    private void Publish()
    {
        _version++;
        foreach (var node in _nodes.Keys)
            _news[node].Enqueue(new MembershipView(_version, node, [.. _nodes.Values.Select(static life => life.Life.Member)], (ulong)_version));
    }
}
