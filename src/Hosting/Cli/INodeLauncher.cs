using Cascade.Actors.Shells;
using Cascade.Core.Sharding;
using Cascade.Hosting.Configuration.Hocon;
using Cascade.Tiers.Gpu;

namespace Cascade.Hosting.Cli;

/// <summary>What the command line says about the node that a verb starts in its own process.</summary>
/// <param name="ConfigFile">The configuration file; null for none.</param>
/// <param name="Settings">Settings above the file and the environment, as <c>path=value</c>; of two the later wins.</param>
internal sealed record NodeRequest(string? ConfigFile, IReadOnlyList<string> Settings)
{
    /// <summary>Discard the arena that is there and start empty.</summary>
    public bool Reset { get; init; }

    /// <summary>
    /// Use the configured cluster's arena and leave it in place at the stop. Otherwise the node has an arena of its own, which
    /// goes with it.
    /// </summary>
    public bool KeepArena { get; init; }

    /// <summary>The node is one of the configured cluster although its arena goes with it: another name would found another cluster.</summary>
    public bool IsInCluster { get; init; }

    /// <summary>The same with one more setting on top.</summary>
    public NodeRequest With(string path, string value) => this with { Settings = [.. Settings, $"{path}={value}"] };

    /// <summary>The same with a path as one more setting on top, whatever characters are in it.</summary>
    public NodeRequest WithPath(string path, string value) => With(path, HoconText.Quote(value));

    /// <summary>The same with one more setting that those of the command line override.</summary>
    public NodeRequest Under(string path, string value) => this with { Settings = [$"{path}={value}", .. Settings] };
}

/// <summary>What the command line says about the cluster that a verb is carried out against.</summary>
/// <param name="Node">The configuration.</param>
internal sealed record ClientRequest(NodeRequest Node)
{
    /// <summary>How long to wait for the cluster.</summary>
    public TimeSpan JoinWithin { get; init; } = ClusterClient.JoinWithinDefault;

    /// <summary>Bytes of the largest block that is put: the client's memory must hold it.</summary>
    public long BlockBytes { get; init; }

    /// <summary>Log as much as the configuration says, not only what is wrong.</summary>
    public bool IsVerbose { get; init; }
}

/// <summary>A client of a cluster in this process. Disposing it leaves the cluster.</summary>
internal interface IClusterSession : IAsyncDisposable
{
    /// <summary>The cache of the cluster.</summary>
    ICascade Cache { get; }

    /// <summary>Who is in the cluster, as is known now; the client itself among them.</summary>
    ClusterState Cluster { get; }

    /// <summary>The actors of the nodes.</summary>
    NodeRefs Nodes { get; }
}

/// <summary>A node in this process. Disposing it drains and stops it.</summary>
internal interface INodeSession : IAsyncDisposable
{
    /// <summary>The node's cache.</summary>
    ICascade Cache { get; }

    /// <summary>Its actors.</summary>
    CascadeActors Actors { get; }

    /// <summary>Completes, with the reason in words, when the node cannot go on and is to be stopped.</summary>
    Task<string> CannotGoOn { get; }

    /// <summary>Completes when another member of the cluster asked that the node drain: it is to be stopped.</summary>
    Task DrainAsked { get; }

    /// <summary>Nodes that take work, as the node knows now; itself among them once it is up.</summary>
    int NodesUp => 1;

    /// <summary>True when the node is a task of srun: SLURM may warn it of the end of its job.</summary>
    bool IsSlurmTask => false;

    /// <summary>True when the node is a rank of an MPI job.</summary>
    bool IsRank => false;

    /// <summary>Its device memory; null when it has none.</summary>
    GpuPool? Devices => null;

    /// <summary>The directory in which its arena lies.</summary>
    string MemoryDirectory { get; }
}

/// <summary>Starts nodes for verbs.</summary>
internal interface INodeLauncher
{
    /// <summary>The configuration in force, as <c>--print-config</c> shows it: secrets hidden.</summary>
    /// <exception cref="CliException">The configuration is wrong (<see cref="ExitCode.Usage"/>); all faults are told.</exception>
    string DescribeConfiguration(NodeRequest request);

    /// <summary>Starts a node and returns when it serves.</summary>
    /// <param name="request">What the command line says.</param>
    /// <param name="console">Where to tell what a person should know, and show progress of what takes long.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <exception cref="CliException">The configuration is wrong, or something that the node needs is not there.</exception>
    Task<INodeSession> StartAsync(NodeRequest request, CliConsole console, CancellationToken cancellationToken);

    /// <summary>Joins a running cluster as a client.</summary>
    /// <param name="request">What the command line says.</param>
    /// <param name="console">Where to tell what a person should know.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="CliException">The configuration is wrong, or no node of the cluster answers (<see cref="ExitCode.Unavailable"/>).</exception>
    Task<IClusterSession> ConnectAsync(ClientRequest request, CliConsole console, CancellationToken cancellationToken);
}
