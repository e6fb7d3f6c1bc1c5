using System.Globalization;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;

namespace Cascade.EndToEnd;

/// <summary>Nodes in the test's own process, with names that no other test has.</summary>
internal static class TestNode
{
    private const string Directory = "/dev/shm";
    private static int s_next;

    public static string UniqueName(string what) => string.Create(
        CultureInfo.InvariantCulture, $"t-{what}-{Environment.ProcessId}-{Interlocked.Increment(ref s_next)}");

    public static string ArenaPath(string cluster, int node = 0) =>
        Path.Combine(Directory, string.Create(CultureInfo.InvariantCulture, $"cascade-{cluster}-{node}"));

    public static void RemoveArena(string cluster) => File.Delete(ArenaPath(cluster));

    /// <summary>Starts a node on the arena of a cluster, keeping it at the stop.</summary>
    public static Task<CascadeNode> StartAsync(string cluster, params string[] settings) => CascadeNode.StartAsync(
        CascadeConfiguration.Load(new ConfigurationSources { Overrides = [.. settings, $"cascade.cluster.name={cluster}"] }).Options,
        new NodeStartup(),
        CancellationToken.None);
}
