using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;
using Cascade.Core.Tests.Tiering;
using Cascade.Core.Tiering;

namespace Cascade.Core.Tests.Ownership;

/// <summary>Who a message of a run is for: one of the actors that every node has.</summary>
internal enum Post
{
    Tier,
    Region,
    Loader,
    Reporter,
}

/// <summary>One life of a node: its cores, its own view of the cluster, and a mailbox for each.</summary>
internal sealed class HoldingsNode : IProtectedBlocks
{
    public static readonly OwnerSettings Settings = new() { FillTimeout = TimeSpan.FromSeconds(1), DropTimeout = TimeSpan.FromSeconds(1) };

    private readonly HoldingsRun _run;
    private readonly Outbox _outbox = new();
    private readonly Dictionary<Post, Queue<(object Sender, object Message)>> _mail =
        Enum.GetValues<Post>().ToDictionary(static post => post, static _ => new Queue<(object, object)>());
    private TimeSpan _loaderTick, _reporterTick, _tierTick;

    public HoldingsNode(HoldingsRun run, NodeId id, ArenaStandIn arena, MemberAt self)
    {
        _run = run;
        Id = id;
        Life = self;
        Arena = arena;
        View = new ClusterView(id);
        Address = new TierAddress(id, TierKind.Shm);
        var settings = new MemoryTierSettings(long.MaxValue, 4, 3, TimeSpan.FromSeconds(2));
        Tier = new MemoryTierCore(Address, arena, new OldestFirst(), this, settings);
        Loader = new CopyLoaderCore(View, Directory, node => new Addressee(node, Post.Reporter));
        Reporter = new CopyReporterCore(View, [TierKind.Shm], node => new Addressee(node, Post.Loader));
        Region = new RegionStandIn(this, run);
    }

    public NodeId Id { get; }

    public MemberAt Life { get; }

    public ArenaStandIn Arena { get; }

    public ClusterView View { get; }

    public TierAddress Address { get; }

    public CopyDirectory Directory { get; } = new();

    public MemoryTierCore Tier { get; }

    public CopyLoaderCore Loader { get; }

    public CopyReporterCore Reporter { get; }

    public RegionStandIn Region { get; }

    /// <summary>Until then its reporter does nothing.</summary>
    public TimeSpan ReportsFrom { get; set; }

    public bool HasMail => _mail.Values.Any(static box => box.Count > 0);

    public bool Contains(BlockId id) => false;

    public void Mail(Post to, object sender, object message) => _mail[to].Enqueue((sender, message));

    /// <summary>The membership publishes, then tells those that subscribed: their mailboxes are read in any order.</summary>
    public void Learn(MembershipView members)
    {
        var state = View.Publish(members);
        foreach (var to in new[] { Post.Region, Post.Loader, Post.Reporter })
            Mail(to, "membership", state);
    }

    /// <summary>One actor that has mail takes its first message.</summary>
    public void Step(int choice)
    {
        var full = _mail.Where(box => box.Value.Count > 0 && (box.Key != Post.Reporter || _run.Now >= ReportsFrom)).Select(static box => box.Key).Order().ToList();
        if (full.Count == 0)
            return;
        var post = full[choice % full.Count];
        var (sender, message) = _mail[post].Dequeue();
        var now = _run.Now;
        switch (post)
        {
            case Post.Tier:
                _run.BeforeTier(this, message);
                Assert.True(Tier.Handle(now, sender, message, _outbox));
                _run.AfterTier(this, message);
                break;
            case Post.Loader: Assert.True(Loader.Handle(now, sender, message, _outbox)); break;
            case Post.Reporter: Assert.True(Reporter.Handle(sender, message, _outbox)); break;
            case Post.Region: Region.Handle(now, sender, message, _outbox); break;
        }
        Deliver(post);
    }

    public void Tick()
    {
        var now = _run.Now;
        if (now >= _loaderTick)
        {
            _loaderTick = now + TimeSpan.FromMilliseconds(200);
            Loader.Tick(now, _outbox);
            Deliver(Post.Loader);
        }
        if (now >= _reporterTick)
        {
            _reporterTick = now + TimeSpan.FromSeconds(1);
            Reporter.Tick(_outbox);
            Deliver(Post.Reporter);
        }
        if (now >= _tierTick)
        {
            _tierTick = now + TimeSpan.FromMilliseconds(100);
            Tier.Tick(now, _outbox);
            Deliver(Post.Tier);
        }
    }

    private void Deliver(Post from)
    {
        var effects = _outbox.Effects.ToList();
        _outbox.Clear();
        foreach (var (to, message) in effects)
        {
            switch (to)
            {
                case Addressee other: _run.Send(this, from, other, message); break;
                case TierAddress tier: _run.Send(this, from, new Addressee(tier.Node, Post.Tier), message); break;
                case Destination when ReferenceEquals(to, Destination.Owners): _run.SendToOwner(this, from, (IBlockMessage)message); break;
                case Destination: break;
                case "client": _run.OnReply(this, message); break;
                case "passivation": break;
                default:
                    Assert.Same(CopyLoaderCore.LiveOwners, to);
                    Mail(Post.Region, "loader", message);
                    break;
            }
        }
    }
}

/// <summary>An actor of a node, whichever life of it is there.</summary>
internal sealed record Addressee(NodeId Node, Post Post);

/// <summary>When a life of a node was started.</summary>
internal sealed record MemberAt(NodeId Node, ulong Start)
{
    /// <summary>How much of its shards it takes: shards move as it changes.</summary>
    public int Share { get; set; } = Core.Membership.Member.FullShare;

    public Member Member => new(
        Node, new NodeAddress($"n{Node.Value}:7400"), new HybridTimestamp(Start), 1, MemberState.Up, Share, MemberMetadata.None, null);
}
