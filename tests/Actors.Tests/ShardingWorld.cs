using System.Buffers;
using System.Globalization;
using System.Text;
using Cascade.Actors.Remoting;
using Cascade.Actors.Remoting.Simulated;
using Cascade.Actors.Shells;
using Cascade.Actors.Simulation;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Actors.Tests;

/// <summary>Several nodes in one thread with a region each, joined by a simulated network. What each node knows of the cluster is said by the test.</summary>
internal sealed class ShardingWorld
{
    public const string RegionName = "thing";

    public static readonly ClusterShardingSettings Settings = new()
    {
        PassivateIdleEntityAfter = Timeout.InfiniteTimeSpan,
        HandOffStopMessage = StopNow.Instance,
        StopTimeout = TimeSpan.FromSeconds(5),
    };

    /// <summary>In place of a loader: none.</summary>
    public static readonly Func<ShardingNode, Props?> NoLoader = static _ => null;

    public ShardingWorld(int nodes, ClusterShardingSettings? settings = null, Func<ShardingNode, Props?>? loader = null, ulong? seed = null)
    {
        Dispatcher = seed is { } s ? DeterministicDispatcher.Seeded(Time, s) : DeterministicDispatcher.Fifo(Time);
        EntityDispatcher = new HangingDispatcher(Dispatcher);
        Network = new SimulatedNetwork(Time, seed ?? 1);
        Nodes = [.. Enumerable.Range(0, nodes).Select(number => new ShardingNode(this, number, settings ?? Settings, loader ?? (static node => node.ProbingLoader())))];
        Dispatcher.RunUntilIdle();
    }

    public VirtualTimeProvider Time { get; } = new();

    public DeterministicDispatcher Dispatcher { get; }

    /// <summary>Where the entities run.</summary>
    public HangingDispatcher EntityDispatcher { get; }

    public SimulatedNetwork Network { get; }

    public IReadOnlyList<ShardingNode> Nodes { get; }

    /// <summary>What entities did, in order: <c>node/id what</c>.</summary>
    public List<string> Seen { get; } = [];

    /// <summary>Entities from their start to their end.</summary>
    public List<(int Node, string Id, IActorRef Ref)> Alive { get; } = [];

    public void Advance(double seconds) => Dispatcher.Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>Lets everything come to rest that takes no more than the network's delays.</summary>
    public void Settle() => Advance(0.05);

    /// <summary>What the cluster looks like where these nodes take shards.</summary>
    public MembershipView View(int self, params int[] takers) => new(1, new NodeId((uint)self), [.. Nodes.Select(node => MemberOf(node.Number, takers))], 0);

    public ShardMap Map(params int[] takers) => ShardMap.Of(View(0, takers));

    public void ShowAll(params int[] takers)
    {
        foreach (var node in Nodes) node.Show(takers);
        Settle();
    }

    /// <summary>An id whose shard belongs to one node when some take shards, and to another when others do.</summary>
    public string Id(int owner, int[] of, int then, int[] ofThen, int skip = 0) =>
        Ids().Where(id => OwnerOf(id, of) == owner && OwnerOf(id, ofThen) == then).ElementAt(skip);

    public int? OwnerOf(string id, params int[] takers) => (int?)Map(takers).OwnerOf(ShardMap.ShardOf(id))?.Value;

    /// <summary>The set of an id's shard.</summary>
    public static ShardSet SetOf(string id)
    {
        var set = new ShardSet();
        set.Add(ShardMap.ShardOf(id));
        return set;
    }

    public IActorRef Entity(string id) => Assert.Single(Alive, entity => entity.Id == id).Ref;

    private static IEnumerable<string> Ids() => Enumerable.Range(0, 10_000).Select(static i => string.Create(CultureInfo.InvariantCulture, $"e{i}"));

    public static Member MemberOf(int node, params int[] takers) =>
        Member.Starting(new NodeId((uint)node), new NodeAddress($"host{node}:1000"), new HybridTimestamp(1), MemberMetadata.None) with
        {
            State = takers.Contains(node) ? MemberState.Up : MemberState.Joining,
            Share = Member.FullShare,
        };

    /// <summary>Messages are <c>id:text</c>; the entity is told the text.</summary>
    internal sealed class Extractor : IMessageExtractor
    {
        public string? EntityId(object message) => message is string text && text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? text[..colon] : null;

        public object EntityMessage(object message) => ((string)message)[(((string)message).IndexOf(':', StringComparison.Ordinal) + 1)..];

        public int ShardId(object message) => message is "broken" ? throw new InvalidTimeZoneException("broken") : EntityId(message) is { } id ? ShardMap.ShardOf(id) : -1;
    }
}

/// <summary>A node of the world.</summary>
internal sealed class ShardingNode
{
    private readonly ShardingWorld _world;

    public ShardingNode(ShardingWorld world, int number, ClusterShardingSettings settings, Func<ShardingNode, Props?> loader)
    {
        (_world, Number) = (world, number);
        var host = string.Create(CultureInfo.InvariantCulture, $"host{number}");
        System = ActorSystem.Create(host, new ActorSystemSettings { Time = world.Time, Dispatcher = world.Dispatcher, LogSink = Log.Add });
        var remote = RemoteSystem.Start(
            System, new RemoteSettings { ClusterName = "tests", Host = host, Port = 1_000, Incarnation = 1 }, new Codec(), world.Network.Transport(host));
        Cluster = new ClusterView(new NodeId((uint)number));
        Refs = new NodeRefs(Cluster, (member, path) => remote.Resolve(new Address("cascade", member.Address.Host, member.Address.Host, member.Address.Port), path));
        Client = Probe("client", []);
        Listen(typeof(DeadLetter), DeadLetters = []);
        var loading = loader(this) is { } props ? System.ActorOf(props, "loader") : null;
        Region = ClusterSharding.Get(System).Start(
            ShardingWorld.RegionName, id => Props.Create(() => new Thing(world, number, id)).WithDispatcher(world.EntityDispatcher), settings,
            new ShardingWorld.Extractor(), new ShardingCluster(Refs, loading));
        Local = ClusterSharding.Get(System).LocalRegion(ShardingWorld.RegionName);
    }

    public int Number { get; }

    public ActorSystem System { get; }

    public ClusterView Cluster { get; }

    public NodeRefs Refs { get; }

    public List<LogEvent> Log { get; } = [];

    /// <summary>What users of the node tell.</summary>
    public IActorRef Region { get; }

    /// <summary>The region's actor.</summary>
    public IActorRef Local { get; }

    public Probe Client { get; }

    public List<object> DeadLetters { get; }

    /// <summary>What the loader was told, where it is the probing one.</summary>
    public List<object> AtLoader { get; } = [];

    public LoadShards LastLoad => AtLoader.OfType<LoadShards>().Last();

    public ShardRegionStats Stats => _world.Dispatcher.Run(() => Region.Ask<ShardRegionStats>(GetShardRegionStats.Instance));

    public Props ProbingLoader() => Props.Create(() => new ProbeActor(AtLoader));

    /// <summary>Publishes what the node knows, without telling the region.</summary>
    public ClusterState Publish(params int[] takers) => Cluster.Publish(_world.View(Number, takers));

    public void Show(params int[] takers) => Local.Tell(Publish(takers), null);

    /// <summary>Tells the region, from the node's client.</summary>
    public void Tell(string message) => Region.Tell(message, Client.Ref);

    public void Listen(Type events, List<object> into) => System.EventStream.Subscribe(Probe($"{events.Name}-probe", into).Ref, events);

    /// <summary>The loader's reply to what it was asked last.</summary>
    public void FinishLoad()
    {
        Local.Tell(new ShardsLoaded(LastLoad.Shards, LastLoad.Round), null);
        _world.Settle();
    }

    private Probe Probe(string name, List<object> messages) => new(System.ActorOf(Props.Create(() => new ProbeActor(messages)), name), messages);

    private sealed class ProbeActor(List<object> messages) : UntypedActor
    {
        protected override void OnReceive(object message) => messages.Add(message);
    }

    private sealed class Codec : IMessageCodec
    {
        public bool TryWrite(object message, IBufferWriter<byte> to, out uint type)
        {
            type = message is Moved ? 2u : 1u;
            if (message is string text) Encoding.UTF8.GetBytes(text, to);
            return message is Moved or string;
        }

        public bool TryRead(uint type, ReadOnlySpan<byte> from, IRefReader refs, out object? message)
        {
            message = type == 2 ? Moved.Instance : Encoding.UTF8.GetString(from);
            return true;
        }
    }

    /// <summary>Replies what it was told. One that was told to linger stops when it is told to go, and not before; one told to stay does not go when it is idle.</summary>
    private sealed class Thing(ShardingWorld world, int node, string id) : UntypedActor
    {
        private bool _lingers;
        private bool _stays;

        protected override void PreStart()
        {
            world.Alive.Add((node, id, Self));
            Note("start");
        }

        protected override void PostStop()
        {
            Assert.True(world.Alive.Remove((node, id, Self)));
            Note("end");
        }

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case StopNow:
                    Note("is to stop");
                    if (!_lingers) Context.Stop(Self);
                    break;
                case ReceiveTimeout when _stays:
                    Note("stays");
                    Context.Parent.Tell(StayAlive.Instance);
                    break;
                case ReceiveTimeout:
                    Note("is idle");
                    if (!_lingers) Context.Stop(Self);
                    break;
                case "go":
                    Context.Stop(Self);
                    break;
                case "passivate":
                    Context.Parent.Tell(new Passivate(StopNow.Instance));
                    break;
                default:
                    _lingers |= message is "linger";
                    _stays |= message is "stay";
                    Note((string)message);
                    Sender.Tell($"{node}/{id} {message}");
                    break;
            }
        }

        private void Note(string what) => world.Seen.Add($"{node}/{id} {what}");
    }
}

/// <summary>A dispatcher that can be made to run nothing for a while, as one whose threads are all blocked.</summary>
internal sealed class HangingDispatcher(IDispatcher inner) : IDispatcher
{
    private List<IRunnable>? _waiting;

    public int Throughput => inner.Throughput;

    public bool OwnsContinuations => inner.OwnsContinuations;

    public void Hang() => _waiting = [];

    public void Recover()
    {
        var waiting = _waiting!;
        _waiting = null;
        waiting.ForEach(inner.Schedule);
    }

    public void Schedule(IRunnable runnable)
    {
        if (_waiting is not null) _waiting.Add(runnable);
        else inner.Schedule(runnable);
    }
}

/// <summary>Stops an entity of the world.</summary>
internal sealed class StopNow
{
    public static readonly StopNow Instance = new();

    private StopNow()
    {
    }
}
