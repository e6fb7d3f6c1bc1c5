using System.Globalization;
using Cascade.Actors;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Sharding;
using Cascade.Hosting;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;

namespace Cascade.EndToEnd;

/// <summary>A client of a cluster in the test's own process, with 1 MiB for what passes through it.</summary>
internal sealed class ClusterClient(CascadeNode node) : IAsyncDisposable
{
    /// <summary>Its number in the cluster.</summary>
    public const int Id = 70_000;

    /// <summary>The client's cache.</summary>
    public ICascade Cache => node.Cache;

    /// <summary>What the client knows of the cluster.</summary>
    public ClusterState State => node.Cluster;

    /// <summary>Joins a cluster.</summary>
    public static async Task<ClusterClient> StartAsync(string cluster, IEnumerable<string> seeds, params string[] settings)
    {
        var configuration = CascadeConfiguration.Load(new ConfigurationSources
        {
            Overrides =
            [
                "cascade.tiers.shm.capacity=1MiB", .. settings, $"cascade.cluster.name={cluster}",
                string.Create(CultureInfo.InvariantCulture, $"cascade.node.id={Id}"), "cascade.node.client=true", $"cascade.remoting.seeds={SeedList(seeds)}",
            ],
        });
        return new ClusterClient(await CascadeNode.StartAsync(configuration.Options, new NodeStartup { KeepArena = false }, TestContext.Current.CancellationToken));
    }

    /// <summary>Addresses as a setting.</summary>
    public static string SeedList(IEnumerable<string> addresses) => $"[{string.Join(',', addresses.Select(static address => $"\"{address}\""))}]";

    /// <summary>Waits until it sees these nodes as living ones, and no others.</summary>
    public Task AgreeAsync(IEnumerable<int> nodes, Func<string> said)
    {
        NodeId[] expected = [.. nodes.Select(static other => new NodeId((uint)other)).Append(new NodeId(Id))];
        return Until.TrueAsync(
            () => State.Members.Members.Where(static member => member.State == MemberState.Up).Select(static member => member.Node).SequenceEqual(expected),
            () => $"The client sees {string.Join(", ", State.Members.Members)}.\n{said()}");
    }

    /// <summary>Ends it; it may hold no lease and no memory.</summary>
    public async Task EndAsync()
    {
        NodeStat? stat = null;
        await Until.TrueAsync(
            async () => (stat = await Cache.StatAsync()) is { Leases: 0, Tiers: [var memory] } && memory.FreeBytes == memory.CapacityBytes,
            () => $"The client still has {stat?.Leases} leases, and {stat?.Tiers[0]}: {Passing()}.");
        await node.DisposeAsync();
    }

    public ValueTask DisposeAsync() => node.DisposeAsync();

    /// <summary>The blocks in the client's memory: whether they have keys left and are held, and what their owners know.</summary>
    private string Passing()
    {
        var arena = node.Parts.Arena;
        var held = new List<string>();
        arena.Visit((copy, id, _) =>
        {
            var keys = new List<KeyBinding>();
            arena.CollectKeys(copy.Slot, keys);
            var known = node.Actors.Owners.Ask<object>(new Describe(id), TimeSpan.FromSeconds(5)).ContinueWith(
                static asked => asked.IsCompletedSuccessfully ? asked.Result : asked.Exception?.InnerException, TaskScheduler.Default).Result;
            held.Add($"{copy} with {keys.Count} keys, {(arena.IsPinned(copy.Slot) ? "held" : "free")}, of which its owner knows {(known is BlockDescription block ? $"{block.State}, {string.Join(" and ", block.Copies)}, {block.Leases} leases" : known)}");
        });
        return string.Join("; ", held);
    }
}
