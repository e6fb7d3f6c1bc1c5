using Cascade.Hosting;

namespace Cascade.LoadTests.Targets;

/// <summary>What a load goes to: a cluster of nodes that runs. Disposing stops it and leaves nothing behind.</summary>
internal interface ILoadTarget : IAsyncDisposable
{
    /// <summary>The nodes' interfaces; a node keeps its place when it is restarted.</summary>
    IReadOnlyList<ICascade> Nodes { get; }

    /// <summary>True when nodes are processes that can be killed.</summary>
    bool CanKill { get; }

    /// <summary>Kills a node as a crash does; it is dead when the task completes.</summary>
    Task KillAsync(int node);

    /// <summary>Starts a killed node again, on what it left; it serves when the task completes.</summary>
    Task RestartAsync(int node);
}
