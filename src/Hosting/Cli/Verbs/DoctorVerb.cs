using System.CommandLine;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Doctor;
using Cascade.Hosting.Doctor.Probes;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>doctor</c>: what this machine offers, and what Cascade does with it.</summary>
internal static class DoctorVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console) => Create(console, Machine.This(console.Time));

    /// <summary>Makes the verb for a machine.</summary>
    internal static Command Create(CliConsole console, Machine machine)
    {
        var verb = new VerbCommand(
            Probe.Verb,
            "Say what this machine offers, what Cascade does with it, and what to mend.",
            new Example("cascade doctor", "the machine against the defaults"),
            new Example("cascade doctor --config node.conf", "against the configuration of a node"),
            new Example("cascade doctor --set cascade.tiers.shm.capacity=64GiB --set cascade.tiers.cold.directory=/scratch", "whether there is room for that"),
            new Example("srun --ntasks-per-node=1 cascade doctor --json", "each machine of a SLURM job; one JSON document each"))
        {
            Details = """
                Each line is ok, a note (Cascade works, and would work better otherwise) or a problem (a node would not start, or would
                fail), and is followed by what to do. Nothing is changed and nothing is left: a file that is written in the cold
                directory to see whether that works has no name by then, and ports are listened on for a moment.
                MPI and CUDA are loaded in processes of their own, and what does not answer within 3.5 s is a problem.
                A node that runs with the same configuration holds its ports: they show as a problem.
                Exit code 0: no problems. Exit code 1: problems. Exit code 2: the command line is wrong.
                """,
        };
        var json = CommonOptions.Json();
        var options = new NodeOptions();
        var probe = new Option<string?>(Probe.Option) { Hidden = true };
        probe.AcceptOnlyFromAmong(Probe.Mpi, Probe.Cuda);
        verb.Add(json);
        options.AddSettingsTo(verb);
        verb.Add(probe);
        verb.SetAction(async (line, cancellationToken) =>
        {
            if (line.GetValue(probe) is { } kind)
            {
                Probe.Run(kind, console.Out);
                return ExitCode.Ok;
            }

            var request = options.RequestOf(line);
            var sources = new ConfigurationSources { FilePath = request.ConfigFile, Environment = machine.Environment, Overrides = request.Settings };
            var report = await new Examination(machine).RunAsync(sources, cancellationToken);
            if (line.GetValue(json))
                JsonOutput.Write(console.Out, report);
            else
                ReportText.Write(console.Out, report, console.OutputIsTerminal && machine.Variable("NO_COLOR") is null);
            return report.Problems > 0 ? ExitCode.Failed : ExitCode.Ok;
        });
        return verb;
    }
}
