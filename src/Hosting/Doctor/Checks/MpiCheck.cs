using System.Text.Json;
using System.Text.RegularExpressions;
using Cascade.Core.Fabric;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Probes;
using Cascade.Hosting.Doctor.Sources;
using Cascade.Tiers.Native;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>The MPI library: which, and whether it has the MPICH ABI that Cascade speaks.</summary>
internal sealed partial class MpiCheck(Machine machine) : ICheck
{
    private const string OverTcp = "blocks move between machines over TCP";

    private const string ByMpi = "nodes that srun or mpiexec starts together read each other's memory by MPI";

    private const string Install =
        "install MPICH (Debian: apt-get install libmpich12), or load the module of MPICH, Cray MPICH, Intel MPI or MVAPICH, so that libmpich.so.12 or libmpi.so.12 is found";

    /// <inheritdoc/>
    public string Name => "mpi";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        var outcome = machine.Programs.Probe(Probe.Mpi);
        if (outcome.ExitCode != 0)
            return Finding.Problem(
                $"loading the MPI library {ProbeWords.EndOf(outcome)}",
                "a node that loads it would end in the same way",
                "mend or remove the library that LD_LIBRARY_PATH or ldconfig gives as libmpich.so.12 or libmpi.so.12");
        return Judge(JsonSerializer.Deserialize<FoundMpi>(outcome.Output)!, options.Fabric);
    }

    private static Finding Judge(FoundMpi mpi, FabricOrder fabric)
    {
        if (mpi.Name is null)
            return Without(fabric, "no MPI library", OverTcp, $"for an RDMA network: {Install}");
        var file = mpi.Path ?? mpi.Name;
        if (mpi.Fault is not null)
            return Finding.Problem($"{mpi.Name} cannot be loaded ({mpi.Fault})", OverTcp, "install what the message names, or load the whole module of the MPI");
        var version = Filling().Replace(mpi.Version?.Split('\n')[0] ?? "a version that it does not tell", " ").Trim();
        if (version.Contains("Open MPI", StringComparison.OrdinalIgnoreCase))
            return Without(fabric, $"{version} ({file})", $"Open MPI is refused, because its ABI is another than MPICH's: {OverTcp}", Install);
        if (MpiLibrary.Judge(mpi.Name, mpi.Version).Kind != MpiLibraryKind.Usable)
            return Without(fabric, $"{version} ({file})", $"a library that is not known to have the ABI of MPICH is refused: {OverTcp}", Install);
        return Finding.Ok($"{version}, ABI of MPICH ({file})", fabric.Ways.Contains(FabricKind.Mpi) ? ByMpi : "not used: cascade.fabric does not name mpi");
    }

    /// <summary>A node that is told to use MPI does not start without.</summary>
    private static Finding Without(FabricOrder fabric, string found, string effect, string cure) => fabric.NeedsMpi
        ? Finding.Problem(found, "a node does not start, because cascade.fabric names mpi", $"{cure}; or set cascade.fabric = auto")
        : Finding.Note(found, effect, cure);

    [GeneratedRegex(@"\s+VERSION\s*:\s*|\s+", RegexOptions.IgnoreCase)]
    private static partial Regex Filling();
}
