using System.Globalization;

namespace Cascade.Hosting.Cli.Fleet;

/// <summary>What the nodes of a fleet have in common.</summary>
/// <param name="ClusterName">Name of their cluster.</param>
/// <param name="MemoryDirectory">Where their arenas lie, as configured.</param>
internal sealed record FleetSettings(string ClusterName, string MemoryDirectory)
{
    /// <summary>The configuration file of all nodes; null for none.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Settings of all nodes above file and environment, as <c>path=value</c>; what makes a node itself is above them.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Start with empty arenas. A node that is started again takes its arena over all the same.</summary>
    public bool Reset { get; init; }

    /// <summary>Leave the arenas in place at the end. Otherwise those go that were not there before the fleet.</summary>
    public bool KeepArenas { get; init; }

    /// <summary>Tell the nodes where the first ones of them are. Without it each is alone.</summary>
    public bool WithSeeds { get; init; } = true;

    /// <summary>How long a node may take until it serves.</summary>
    public TimeSpan StartPatience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a node may take to drain before it is killed: more than it allows itself unless cascade.node.drain-within is changed.</summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>What the processes run.</summary>
    public FleetProgram Program { get; init; } = FleetProgram.This;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The file of a node's arena.</summary>
    public string ArenaPath(int node) => Path.Combine(MemoryDirectory, string.Create(CultureInfo.InvariantCulture, $"cascade-{ClusterName}-{node}"));
}
