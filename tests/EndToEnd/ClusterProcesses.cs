using System.Collections.Concurrent;
using System.Globalization;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Registry;
using Cascade.Core.Sharding;
using Cascade.Hosting;
using Cascade.Hosting.Cli.Fleet;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;

namespace Cascade.EndToEnd;

/// <summary>Nodes as processes of this machine, and a client of them in the test's own process. What is left of them goes at the end, however the test ends.</summary>
internal sealed class ClusterProcesses : IAsyncDisposable
{
    private const int ClientId = 70_000;

    private readonly TestFleet _cluster;
    private readonly ConcurrentQueue<string> _said;
    private readonly CascadeNode _client;

    private ClusterProcesses(TestFleet cluster, NodeFleet fleet, ConcurrentQueue<string> said, CascadeNode client) =>
        (_cluster, Fleet, _said, _client) = (cluster, fleet, said, client);

    /// <summary>The nodes.</summary>
    public NodeFleet Fleet { get; }

    /// <summary>The client's cache.</summary>
    public ICascade Cache => _client.Cache;

    /// <summary>What the client knows of the cluster.</summary>
    public ClusterState State => _client.Cluster;

    /// <summary>The node that decides about protected blocks.</summary>
    public int Singleton => (int)State.Shards.SingletonOf(RegistryNodeCore.SingletonName)!.Value.Value;

    /// <summary>Starts nodes 0 to <paramref name="count"/> - 1 of 32 MiB and a client; returns when the client knows all.</summary>
    public static async Task<ClusterProcesses> StartAsync(string what, int count, params string[] settings)
    {
        var cluster = new TestFleet(what);
        var said = new ConcurrentQueue<string>();
        var fleet = new NodeFleet(new FleetSettings(cluster.Name, "/dev/shm") { Settings = ["cascade.tiers.shm.capacity=32MiB", .. settings] }, said.Enqueue);
        try
        {
            await fleet.StartAsync(count, TestContext.Current.CancellationToken);
            var processes = new ClusterProcesses(cluster, fleet, said, await StartClientAsync(cluster.Name, fleet.Nodes.Select(static node => node.Port)));
            await processes.AgreeAsync(Enumerable.Range(0, count));
            return processes;
        }
        catch
        {
            await fleet.DisposeAsync();
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>The node in charge of a block or a key.</summary>
    public int OwnerOf(ulong prefix64) => (int)State.Shards.OwnerOf(ShardMap.ShardOf(prefix64))!.Value.Value;

    /// <summary>The nodes whose memory has copies of a key's block.</summary>
    public async Task<int[]> HoldersAsync(CacheKey key) =>
        await Cache.StatAsync(key) is { } stat ? [.. stat.Block.Copies.Select(static copy => (int)copy.Node.Value).Order()] : [];

    /// <summary>Waits until the client sees these nodes as living ones, and no others.</summary>
    public Task AgreeAsync(IEnumerable<int> nodes)
    {
        NodeId[] expected = [.. nodes.Select(static node => new NodeId((uint)node)).Append(new NodeId(ClientId))];
        return Until.TrueAsync(
            () => State.Members.Members.Where(static member => member.State == MemberState.Up).Select(static member => member.Node).SequenceEqual(expected),
            () => $"The client sees {string.Join(", ", State.Members.Members)}.\n{Said()}");
    }

    /// <summary>Drains all; nothing may be left of them: no lease, no memory of the client, no process, no file.</summary>
    public async Task EndAsync()
    {
        NodeStat? stat = null;
        await Until.TrueAsync(
            async () => (stat = await Cache.StatAsync()) is { Leases: 0, Tiers: [var memory] } && memory.FreeBytes == memory.CapacityBytes,
            () => $"The client still has {stat?.Leases} leases, and {stat?.Tiers[0]}.");
        await _client.DisposeAsync();
        Assert.True(await Fleet.DrainAsync(), $"A node did not drain.\n{Said()}");
        Assert.Empty(_cluster.Nodes());
        Assert.Empty(_cluster.Arenas());
    }

    /// <summary>What the nodes said.</summary>
    public string Said() => string.Join('\n', _said);

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await Fleet.DisposeAsync();
        _cluster.Dispose();
    }

    private static Task<CascadeNode> StartClientAsync(string cluster, IEnumerable<int> ports)
    {
        var seeds = string.Join(',', ports.Select(static port => $"\"{NodeArguments.Address(port)}\""));
        var configuration = CascadeConfiguration.Load(new ConfigurationSources
        {
            Overrides =
            [
                $"cascade.cluster.name={cluster}", string.Create(CultureInfo.InvariantCulture, $"cascade.node.id={ClientId}"), "cascade.node.client=true",
                "cascade.tiers.shm.capacity=1MiB", $"cascade.remoting.seeds=[{seeds}]",
            ],
        });
        return CascadeNode.StartAsync(configuration.Options, new NodeStartup { KeepArena = false }, TestContext.Current.CancellationToken);
    }
}
