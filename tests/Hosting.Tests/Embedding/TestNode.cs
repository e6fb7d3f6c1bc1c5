using System.Globalization;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>Nodes in the test's own process, with arenas that no other test has.</summary>
internal static class TestNode
{
    private const string Folder = "/dev/shm";
    private static int _next;

    public static string UniqueName(string what) => string.Create(
        CultureInfo.InvariantCulture, $"t-{what}-{Environment.ProcessId}-{Interlocked.Increment(ref _next)}");

    public static string ArenaPath(string cluster) => Path.Combine(Folder, $"cascade-{cluster}-0");

    public static void RemoveArena(string cluster)
    {
        File.Delete(ArenaPath(cluster));
        File.Delete($"{ArenaPath(cluster)}.address");
    }

    /// <summary>Starts a node on the arena of a cluster and keeps the arena at the stop.</summary>
    public static Task<CascadeNode> AttachAsync(string cluster, params string[] settings) =>
        StartAsync(cluster, keepArena: true, TimeProvider.System, settings);

    /// <summary>Starts a node that leaves nothing behind.</summary>
    public static Task<CascadeNode> StartAsync(params string[] settings) =>
        StartAsync(UniqueName("node"), keepArena: false, TimeProvider.System, settings);

    /// <summary>Starts a node with empty memory on the files that an earlier one left, and leaves those files.</summary>
    public static Task<CascadeNode> RestartAsync(params string[] settings)
    {
        var configuration = CascadeConfiguration.Load(new ConfigurationSources { Overrides = settings });
        return CascadeNode.StartAsync(configuration.Options, new NodeStartup { Reset = true, KeepArena = false }, CancellationToken.None);
    }

    /// <summary>The same, with somebody told of each room that is taken, before whoever asked for it: on the tier's thread.</summary>
    public static Task<CascadeNode> StartWatchedAsync(Action onReserved, params string[] settings) => StartAsync(
        UniqueName("node"), new NodeStartup { KeepArena = false, WatchArena = arena => new WatchedArena(arena, onReserved) }, settings);

    public static Task<CascadeNode> StartAsync(string cluster, bool keepArena, TimeProvider time, params string[] settings) =>
        StartAsync(cluster, new NodeStartup { KeepArena = keepArena, Time = time }, settings);

    private static Task<CascadeNode> StartAsync(string cluster, NodeStartup startup, string[] settings)
    {
        var configuration = CascadeConfiguration.Load(new ConfigurationSources
        {
            Overrides = ["cascade.tiers.shm.capacity=8MiB", .. settings, $"cascade.cluster.name={cluster}"],
        });
        return CascadeNode.StartAsync(configuration.Options, startup, CancellationToken.None);
    }
}
