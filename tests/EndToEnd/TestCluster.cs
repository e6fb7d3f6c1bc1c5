using Cascade.Hosting.Tests.Embedding;

namespace Cascade.EndToEnd;

/// <summary>A cluster name that no other test has; its arena is removed at the end, however the test ends.</summary>
internal sealed class TestCluster(string what, string capacity = "8MiB") : IDisposable
{
    public string Name { get; } = TestNode.UniqueName(what);

    public string ArenaPath => TestNode.ArenaPath(Name);

    /// <summary>A command line for a node of this cluster.</summary>
    public string[] Line(string verb, params string[] more) =>
        [verb, "--set", $"cascade.cluster.name={Name}", "--set", $"cascade.tiers.shm.capacity={capacity}", .. more];

    /// <summary>A node of this cluster as a process; its <c>Said</c> completes when it serves.</summary>
    public CascadeProcess StartNode(params string[] more) => CascadeProcess.Start(" serves;", Line("node", more));

    public void Dispose() => TestNode.RemoveArena(Name);
}
