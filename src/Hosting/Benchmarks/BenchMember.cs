using System.Globalization;
using Cascade.Actors;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cascade.Hosting.Benchmarks;

/// <summary>A member of a benchmark's cluster: remoting, membership and a shard region of echoing entities, and no tiers.</summary>
internal sealed class BenchMember : IAsyncDisposable
{
    /// <summary>Path of an actor that echoes.</summary>
    public const string EchoPath = "/user/echo";

    private const string Region = "echo";

    private BenchMember(ActorSystem system, ClusterParts cluster, IActorRef entities) => (System, Cluster, Entities) = (system, cluster, entities);

    /// <summary>Its actors.</summary>
    public ActorSystem System { get; }

    /// <summary>What it knows of the others.</summary>
    public ClusterParts Cluster { get; }

    /// <summary>The entities, wherever they are: for <see cref="BenchAsk"/>.</summary>
    public IActorRef Entities { get; }

    /// <summary>Starts a member.</summary>
    /// <param name="cluster">Name of the cluster.</param>
    /// <param name="id">Number of the member.</param>
    /// <param name="seed">Where the first member listens; null for the first.</param>
    public static BenchMember Start(string cluster, int id, string? seed)
    {
        var options = CascadeConfiguration.Load(new ConfigurationSources
        {
            Overrides =
            [
                $"cascade.cluster.name={cluster}", string.Create(CultureInfo.InvariantCulture, $"cascade.node.id={id}"),
                $"cascade.remoting.seeds=\"{seed}\"",
            ],
        }).Options;
        var startup = new NodeStartup { Membership = static settings => settings with { SlowStart = TimeSpan.Zero } };
        var system = ActorSystem.Create($"cascade-{cluster}");
        var start = new HybridClock(TimeSpan.Zero).Next(startup.Time.GetUtcNow().ToUnixTimeMilliseconds());
        var network = RemotingNetwork.Listen(options, system, null, start.Value, NullLogger.Instance, new BenchMessages());
        var parts = new ClusterParts(new NodeId((uint)id), network, NullLogger.Instance);
        var sharding = ClusterSharding.Get(system);
        var entities = sharding.Start(
            Region, static _ => Props.Create(static () => new BenchEcho()), new ClusterShardingSettings(), new BenchExtractor(),
            new ShardingCluster(parts.Nodes, Loader: null));
        system.ActorOf(Props.Create(static () => new BenchEcho()), EchoPath[(EchoPath.LastIndexOf('/') + 1)..]);
        parts.Join(options, system, startup, start, MemberMetadata.None, [sharding.LocalRegion(Region)]);
        return new BenchMember(system, parts, entities);
    }

    /// <summary>True when it knows so many members that are up.</summary>
    public bool Knows(int members) =>
        Cluster.View.Current.Members.Members.Count(static member => member.State == MemberState.Up) == members;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await System.Terminate();
        System.Dispose();
    }
}
