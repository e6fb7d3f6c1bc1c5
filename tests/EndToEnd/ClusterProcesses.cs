using System.Collections.Concurrent;
using Cascade.Core.Identity;
using Cascade.Core.Registry;
using Cascade.Core.Sharding;
using Cascade.Hosting;
using Cascade.Hosting.Cli.Fleet;

namespace Cascade.EndToEnd;

/// <summary>Nodes as processes of this machine, and a client of them in the test's own process. What is left of them goes at the end, however the test ends.</summary>
internal sealed class ClusterProcesses : IAsyncDisposable
{
    private readonly TestFleet _cluster;
    private readonly ConcurrentQueue<string> _said;
    private readonly ClusterClient _client;

    private ClusterProcesses(TestFleet cluster, NodeFleet fleet, ConcurrentQueue<string> said, ClusterClient client) =>
        (_cluster, Fleet, _said, _client) = (cluster, fleet, said, client);

    /// <summary>The nodes.</summary>
    public NodeFleet Fleet { get; }

    /// <summary>Name of the cluster.</summary>
    public string Name => _cluster.Name;

    /// <summary>The client's cache.</summary>
    public ICascade Cache => _client.Cache;

    /// <summary>Where nodes may be asked for entry, as a setting.</summary>
    public string Seeds => ClusterClient.SeedList(AddressesOf(Fleet));

    /// <summary>The node that decides about protected blocks.</summary>
    public int Singleton => (int)Shards.SingletonOf(RegistryNodeCore.SingletonName)!.Value.Value;

    private ShardMap Shards => _client.State.Shards;

    /// <summary>Starts nodes 0 to <paramref name="count"/> - 1 of 32 MiB and a client; returns when the client knows all.</summary>
    public static async Task<ClusterProcesses> StartAsync(string what, int count, params string[] settings)
    {
        var cluster = new TestFleet(what);
        var said = new ConcurrentQueue<string>();
        var fleet = new NodeFleet(new FleetSettings(cluster.Name, "/dev/shm") { Settings = ["cascade.tiers.shm.capacity=32MiB", .. settings] }, said.Enqueue);
        try
        {
            await fleet.StartAsync(count, TestContext.Current.CancellationToken);
            var processes = new ClusterProcesses(cluster, fleet, said, await ClusterClient.StartAsync(cluster.Name, AddressesOf(fleet)));
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

    /// <summary>The process of a node that runs.</summary>
    public int ProcessOf(int node) => _cluster.Nodes()[node];

    /// <summary>Names of all files of the cluster.</summary>
    public string[] Files() => _cluster.Left();

    /// <summary>The node in charge of a block or a key.</summary>
    public int OwnerOf(ulong prefix64) => (int)Shards.OwnerOf(ShardMap.ShardOf(prefix64))!.Value.Value;

    /// <summary>The nodes whose memory has copies of a key's block.</summary>
    public async Task<int[]> HoldersAsync(CacheKey key) =>
        await Cache.StatAsync(key) is { } stat ? [.. stat.Block.Copies.Select(static copy => (int)copy.Node.Value).Order()] : [];

    /// <summary>Waits until the client sees these nodes as living ones, and no others.</summary>
    public Task AgreeAsync(IEnumerable<int> nodes) => _client.AgreeAsync(nodes, Said);

    /// <summary>Drains all; nothing may be left of them: no lease, no memory of the client, no process, no file.</summary>
    public async Task EndAsync()
    {
        await _client.EndAsync();
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

    private static IEnumerable<string> AddressesOf(NodeFleet fleet) => fleet.Nodes.Select(static node => NodeArguments.Address(node.Port));
}
