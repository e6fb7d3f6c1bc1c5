using System.Globalization;
using Cascade.Core.Membership;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.Hosting.Tests.Cluster;

/// <summary>Several nodes of one cluster in the test's own process, each with its arena and its sockets. What they leave goes with it.</summary>
internal sealed class TestNodes : IAsyncDisposable
{
    private readonly string _cluster = TestNode.UniqueName("nodes");
    private readonly string[] _settings;
    private readonly Dictionary<int, CascadeNode> _nodes = [];
    private NodeAddress? _seed;

    private TestNodes(string[] settings) => _settings = settings;

    /// <summary>A running node.</summary>
    public CascadeNode this[int id] => _nodes[id];

    /// <summary>Name of the cluster.</summary>
    public string Cluster => _cluster;

    /// <summary>Starts nodes 0 to <paramref name="count"/> - 1, and returns when each knows all others.</summary>
    public static async Task<TestNodes> StartAsync(int count, params string[] settings)
    {
        var nodes = new TestNodes(settings);
        try
        {
            for (var id = 0; id < count; id++)
                await nodes.AddAsync(id);
            await nodes.AgreeAsync();
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more node, or one that was stopped.</summary>
    public async Task<CascadeNode> AddAsync(int id, params string[] settings)
    {
        var seeds = _seed is null ? "[]" : $"[\"{_seed}\"]";
        var configuration = CascadeConfiguration.Load(new ConfigurationSources
        {
            Overrides =
            [
                "cascade.tiers.shm.capacity=8MiB", .. _settings, .. settings, $"cascade.cluster.name={_cluster}",
                string.Create(CultureInfo.InvariantCulture, $"cascade.node.id={id}"), $"cascade.remoting.seeds={seeds}",
            ],
        });

        // No slow start: what a node takes at once is what tests look at.
        var startup = new NodeStartup { KeepArena = false, Membership = static settings => settings with { SlowStart = TimeSpan.Zero } };
        var node = _nodes[id] = await CascadeNode.StartAsync(configuration.Options, startup, TestContext.Current.CancellationToken);
        _seed ??= node.Address;
        return node;
    }

    /// <summary>Drains and stops a node.</summary>
    public async Task StopAsync(int id)
    {
        if (_nodes.Remove(id, out var node))
            await node.DisposeAsync();
    }

    /// <summary>Waits until each node knows the same members.</summary>
    public Task AgreeAsync() => Patience.UntilAsync(async () =>
    {
        await Task.Yield();
        return _nodes.Values.All(node =>
            node.Cluster.Members.Members.Length == _nodes.Count && node.Cluster.Members.Members.All(static member => member.State == MemberState.Up));
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes.Values)
            await node.DisposeAsync();
    }
}
