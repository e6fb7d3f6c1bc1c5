using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Configuration;

/// <summary>All settings of a node, checked. What they mean, and the defaults, stand in reference.conf.</summary>
public sealed record CascadeOptions
{
    /// <summary><c>cascade.cluster</c></summary>
    public required ClusterOptions Cluster { get; init; }

    /// <summary><c>cascade.node</c></summary>
    public required NodeOptions Node { get; init; }

    /// <summary><c>cascade.slurm</c></summary>
    public required SlurmOptions Slurm { get; init; }

    /// <summary><c>cascade.remoting</c></summary>
    public required RemotingOptions Remoting { get; init; }

    /// <summary><c>cascade.fabric</c></summary>
    public required FabricOrder Fabric { get; init; }

    /// <summary><c>cascade.mpi</c></summary>
    public required MpiTransferOptions Mpi { get; init; }

    /// <summary><c>cascade.actors</c></summary>
    public required ActorOptions Actors { get; init; }

    /// <summary><c>cascade.leases</c></summary>
    public required LeaseOptions Leases { get; init; }

    /// <summary><c>cascade.put</c></summary>
    public required PuttingOptions Put { get; init; }

    /// <summary><c>cascade.tiers</c></summary>
    public required TierOptions Tiers { get; init; }

    /// <summary><c>cascade.eviction</c></summary>
    public required EvictionOptions Eviction { get; init; }

    /// <summary><c>cascade.protection</c></summary>
    public required ProtectionOptions Protection { get; init; }

    /// <summary><c>cascade.tracker</c></summary>
    public required TrackerOptions Tracker { get; init; }

    /// <summary><c>cascade.logging</c></summary>
    public required LoggingOptions Logging { get; init; }

    internal static CascadeOptions Read(OptionsReader root, int processorCount)
    {
        var cascade = root.Section("cascade");
        var tiers = TierOptions.Read(cascade.Section("tiers"));
        return new CascadeOptions
        {
            Cluster = ClusterOptions.Read(cascade.Section("cluster")),
            Node = NodeOptions.Read(cascade.Section("node")),
            Slurm = SlurmOptions.Read(cascade.Section("slurm")),
            Remoting = RemotingOptions.Read(cascade.Section("remoting")),
            Fabric = FabricOrder.Read(cascade),
            Mpi = MpiTransferOptions.Read(cascade.Section("mpi")),
            Actors = ActorOptions.Read(cascade.Section("actors")),
            Leases = LeaseOptions.Read(cascade.Section("leases")),
            Put = PuttingOptions.Read(cascade.Section("put"), processorCount),
            Tiers = tiers,
            Eviction = EvictionOptions.Read(cascade.Section("eviction"), tiers.Shm.MaxBlocks),
            Protection = ProtectionOptions.Read(cascade.Section("protection")),
            Tracker = TrackerOptions.Read(cascade.Section("tracker")),
            Logging = LoggingOptions.Read(cascade.Section("logging")),
        };
    }
}

/// <summary>Settings of the log.</summary>
public sealed record LoggingOptions
{
    /// <summary>Least severe messages that are written.</summary>
    public required LogLevel Level { get; init; }

    internal static LoggingOptions Read(OptionsReader reader) => new()
    {
        Level = reader.Choice("level", [.. Enum.GetValues<LogLevel>().Select(level => (level.ToString(), level))]),
    };
}
