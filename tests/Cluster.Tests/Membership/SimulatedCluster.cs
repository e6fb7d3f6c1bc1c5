using System.Globalization;
using Cascade.Actors;
using Cascade.Actors.Simulation;
using Cascade.Cluster.Membership;
using Cascade.Cluster.Tests.Simulation;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Sharding;

namespace Cascade.Cluster.Tests.Membership;

/// <summary>The membership actors of some nodes in one system, in one thread under virtual time. An address stands for an actor.</summary>
internal sealed class SimulatedCluster : IDisposable
{
    private readonly Dictionary<string, IActorRef> _listening = [];
    private ulong _starts;

    public SimulatedSystem Sim { get; } = new();

    /// <summary>Starts a node; the first is everybody's seed.</summary>
    public Node Start(uint number, Func<MembershipSettings, MembershipSettings>? change = null)
    {
        var settings = new MembershipSettings { Cluster = "sim", Seeds = [AddressOf(0)], SlowStart = TimeSpan.Zero };
        var self = Member.Starting(new NodeId(number), AddressOf(number), new HybridTimestamp(++_starts), MemberMetadata.None);
        var core = new MembershipCore(self, change?.Invoke(settings) ?? settings, new Numbers(_starts));
        var node = new Node(core, new ClusterView(self.Node), []);
        var hooks = new MembershipHooks
        {
            OnChanged = node.Told.Add,
            OnSeedsSilent = node.Told.Add,
            OnRefused = node.Told.Add,
            OnOverruled = node.Told.Add,
        };
        node.Actor = Sim.System.ActorOf(ClusterMembership.Props(core, node.View, PeerAt, Sim.Time, hooks));
        _listening[self.Address.Text] = node.Actor;
        return node;
    }

    public void Crash(Node node)
    {
        Sim.System.Stop(node.Actor);
        _listening.Remove(node.Core.Self.Address.Text);
        Sim.Run();
    }

    public void Dispose() => Sim.Dispose();

    private IActorRef PeerAt(NodeAddress address) => _listening.GetValueOrDefault(address.Text, ActorRefs.Nobody);

    private static NodeAddress AddressOf(uint number) => new(string.Create(CultureInfo.InvariantCulture, $"node{number}:7400"));

    internal sealed record Node(MembershipCore Core, ClusterView View, List<object> Told)
    {
        public IActorRef Actor { get; set; } = ActorRefs.Nobody;

        public uint[] Members => [.. View.Current.Members.Members.Where(m => m.State == MemberState.Up).Select(m => m.Node.Value)];
    }

    private sealed class Numbers(ulong seed) : IRandomNumbers
    {
        private readonly SplitMix64 _random = new(seed);

        public ulong Next() => _random.Next();
    }
}
