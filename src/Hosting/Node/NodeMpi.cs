using Cascade.Core.Clocks;
using Cascade.Hosting.Configuration;
using Cascade.Tiers.Mpi;
using Cascade.Tiers.Native;

namespace Cascade.Hosting.Node;

/// <summary>Whether a node uses MPI, and its start.</summary>
internal static class NodeMpi
{
    private const string WayOut = "Or set cascade.fabric = shm for a node without MPI.";

    private const string StepTasksVariable = "SLURM_STEP_NUM_TASKS";

    private static readonly string[] RankVariables = ["PMI_RANK", "PMI_FD", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "MPI_LOCALRANKID"];

    /// <summary>Variables by which a process takes itself for a rank: not for those that it starts as programs of their own.</summary>
    internal static IEnumerable<string> LauncherVariables => RankVariables.Append(StepTasksVariable);

    /// <summary>
    /// What tells the process's launcher from all others, so that a later process of the same task knows that there was a rank before it: launchers take each rank in
    /// once. Null where that cannot be told.
    /// </summary>
    public static string? Launcher()
    {
        if (Environment.GetEnvironmentVariable("PMI_FD") is not { } connection || !uint.TryParse(connection, out _))
            return null;

        // The connection to the launcher, which all processes of a task have from it.
        return new FileInfo($"/proc/self/fd/{connection}").LinkTarget;
    }

    /// <summary>Says in words why a node with these settings does without MPI; null when it is to start it.</summary>
    /// <param name="options">The node's settings.</param>
    /// <param name="variable">A variable of the environment; null when it is not set.</param>
    /// <param name="probe">What MPI library there is.</param>
    /// <exception cref="NodeRefusedException">MPI is named in the settings and cannot be had.</exception>
    public static string? WhyNot(CascadeOptions options, Func<string, string?> variable, Func<MpiLibraryProbe> probe)
    {
        if (options.Node.IsClient)
            return "the node is a client";
        if (options.Fabric.IsAuto && !IsLaunched(variable))
            return "the node was not started by srun or mpiexec";
        var found = probe();
        if (found.Kind == MpiLibraryKind.Usable)
            return null;
        return options.Fabric.NeedsMpi
            ? throw new NodeRefusedException($"cascade.fabric names mpi, and it cannot be used: {found.Message}. {WayOut}")
            : found.Message;
    }

    /// <summary>Starts MPI where the settings and the machine have it, together with the other ranks. Blocks until they are there.</summary>
    /// <exception cref="NodeRefusedException">MPI is named in the settings and cannot be had, or the job was started in a way that MPI does not know of.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static MpiFabric? Start(NodeGround ground, HybridTimestamp start, CancellationToken cancellation)
    {
        var (options, logger) = (ground.Options, ground.Logger);
        if (WhyNot(options, Environment.GetEnvironmentVariable, MpiLibrary.Probe) is { } reason)
        {
            if (!options.Node.IsClient)
                NodeLog.MpiAbsent(logger, reason);
            return null;
        }

        if (Launcher() is { } launcher && AddressFile.LauncherOf(options.Tiers.Shm.Directory, options.Cluster.Name, ground.Self) == launcher)
        {
            NodeLog.MpiTrouble(logger, "Blocks do not come by MPI: an earlier process of this task was the rank, and MPI takes in no other");
            return null;
        }

        var settings = options.Mpi;
        var began = ground.Time.GetTimestamp();
        try
        {
            var mpi = MpiFabric.Start(
                new MpiOptions
                {
                    ClusterName = options.Cluster.Name,
                    Node = ground.Self,
                    Start = start,
                    DigestAlgorithm = options.Cluster.Digest,
                    PieceBytes = settings.PieceBytes,
                    PiecesInFlight = settings.PiecesInFlight,
                    Threads = settings.Threads,
                    Progress = settings.Progress,
                    ProgressRest = settings.ProgressRest,
                    ProgressBusyAbove = settings.ProgressBusyAbove,
                    ProgressPollsAfterWork = settings.ProgressPolls,
                    StartTimeout = settings.StartWithin,
                    OnTrouble = trouble => NodeLog.MpiTrouble(logger, trouble),
                },
                ground.Arena,
                ground.Time,
                cancellation);
            NodeLog.MpiStarted(logger, mpi.Rank, mpi.Size, MpiLibrary.Probe().Version, (long)ground.Time.GetElapsedTime(began).TotalMilliseconds);
            return mpi;
        }
        catch (MpiRefusedException refused) when (options.Fabric.NeedsMpi || refused.IsWrongStart)
        {
            throw new NodeRefusedException($"{refused.Message} {WayOut}", refused);
        }
        catch (MpiRefusedException refused)
        {
            NodeLog.MpiTrouble(logger, $"MPI is not used: {refused.Message}");
            return null;
        }
    }

    /// <summary>A step of several tasks is taken for one of MPI: that it has no launcher is what MPI then finds.</summary>
    private static bool IsLaunched(Func<string, string?> variable) =>
        RankVariables.Any(name => variable(name) is not null)
        || (variable(StepTasksVariable) is { } tasks && tasks != "1");
}
