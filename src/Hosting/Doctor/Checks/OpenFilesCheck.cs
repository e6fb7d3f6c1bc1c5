using Cascade.Hosting.Cli;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Doctor.Checks;

/// <summary>How many files and connections may be open at one time.</summary>
internal sealed class OpenFilesCheck(Machine machine) : ICheck
{
    /// <summary>What a node of its own needs: runtime, libraries, arena, files of the cold tier.</summary>
    private const long Least = 256;

    /// <summary>Room for some connections with each of a few hundred nodes.</summary>
    private const long Enough = 4096;

    private const string Cure = "ulimit -n 65536 (nofile in /etc/security/limits.conf, LimitNOFILE=65536 of slurmd or the service)";

    /// <inheritdoc/>
    public string Name => "open_files";

    /// <inheritdoc/>
    public Finding Examine(CascadeOptions options)
    {
        // The runtime raises its own limit to the hard one.
        if (ProcessLimit.Read(machine.Files, "Max open files") is not { } limit)
            return Finding.Ok("the kernel names no limit of open files", "opens what it needs");
        var found = limit.Hard == long.MaxValue ? "no limit of open files" : $"{HumanText.Count(limit.Hard)} files may be open";
        return limit.Hard < Least ? Finding.Problem(found, "the node runs out of them as soon as it starts", Cure)
            : limit.Hard < Enough ? Finding.Note(found, "connections are refused in a cluster of some hundred nodes", Cure)
            : Finding.Ok(found, "enough for connections with all nodes and the files of the cold tier");
    }
}
