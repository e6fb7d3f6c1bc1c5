using System.Text.Json;
using System.Text.RegularExpressions;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Probes;
using Cascade.Hosting.Doctor.Sources;
using Cascade.Tiers.Native;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>The MPI library: which, and whether it has the MPICH ABI that Cascade speaks.</summary>
internal sealed partial class MpiCheck(Machine machine) : ICheck
{
    private const string OverTcp = "blocks move between machines over TCP";

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
        var mpi = JsonSerializer.Deserialize<FoundMpi>(outcome.Output)!;
        if (mpi.Name is null)
            return Finding.Note("no MPI library", OverTcp, $"for an RDMA network: {Install}");
        var file = mpi.Path ?? mpi.Name;
        if (mpi.Fault is not null)
            return Finding.Problem($"{mpi.Name} cannot be loaded ({mpi.Fault})", OverTcp, "install what the message names, or load the whole module of the MPI");
        var version = Filling().Replace(mpi.Version?.Split('\n')[0] ?? "a version that it does not tell", " ").Trim();
        if (version.Contains("Open MPI", StringComparison.OrdinalIgnoreCase))
            return Finding.Note($"{version} ({file})", $"Open MPI is refused, because its ABI is another than MPICH's: {OverTcp}", Install);
        return MpiLibrary.Judge(mpi.Name, mpi.Version).Kind == MpiLibraryKind.Usable
            ? Finding.Ok($"{version}, ABI of MPICH ({file})", "good for transfers by MPI; nodes do not make any yet, and use TCP")
            : Finding.Note($"{version} ({file})", $"a library that is not known to have the ABI of MPICH is refused: {OverTcp}", Install);
    }

    [GeneratedRegex(@"\s+VERSION\s*:\s*|\s+", RegexOptions.IgnoreCase)]
    private static partial Regex Filling();
}
