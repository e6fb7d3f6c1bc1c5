using System.CommandLine;
using Cascade.Hosting.Cli.Fleet;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>node</c>: runs a node until it is told to stop.</summary>
internal static class NodeVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console, INodeLauncher launcher)
    {
        var verb = new VerbCommand(
            "node",
            "Run a node until SIGTERM, SIGUSR1 or Ctrl-C.",
            new Example("cascade node", "a node with the defaults"),
            new Example("cascade node --config hocon/local.conf", "with settings from a file"),
            new Example("srun --ntasks-per-node=1 cascade node --config hocon/slurm.conf", "as one of the tasks of a SLURM job; see deploy/slurm"),
            new Example("cascade node --set cascade.tiers.shm.capacity=4GiB", "with 4 GiB of memory"),
            new Example("cascade node --reset", "start empty, also when the arena that is there cannot be used"))
        {
            Details = """
                The first signal drains the node and ends it with exit code 0, as 'cascade drain' does, within cascade.node.drain-within.
                Further ones change nothing; a second Ctrl-C ends it at once. SIGUSR1 is what SLURM can send ahead of a job's time limit.
                Its blocks stay in /dev/shm and are served again by the next start, as they are after a crash.
                Exit code 2: the configuration is wrong; all its faults are told. Exit code 3: the arena cannot be used.
                """,
        };
        var reset = new Option<bool>("--reset") { Description = "Discard the arena that is there and start empty." };
        var stopWithInput = new Option<bool>(NodeArguments.StopWithStandardInput)
        {
            Description = "Drain when the standard input ends, as it does with the process that started the node.",
            Hidden = true,
        };
        var options = new NodeOptions();
        options.AddTo(verb);
        verb.Add(reset);
        verb.Add(stopWithInput);
        verb.SetAction(async (line, cancellationToken) =>
        {
            var request = options.RequestOf(line) with { Reset = line.GetValue(reset), KeepArena = true };
            if (options.TryPrintConfiguration(line, request, launcher, console))
                return ExitCode.Ok;
            using var signals = new DrainSignals(cancellationToken);
            using var input = line.GetValue(stopWithInput) ? new StandardInputEnd(Console.OpenStandardInput(), signals.Token) : null;
            await RunAsync(launcher, request, console, signals, input?.Token ?? signals.Token);
            return ExitCode.Ok;
        });
        return verb;
    }

    private static async Task RunAsync(INodeLauncher launcher, NodeRequest request, CliConsole console, DrainSignals signals, CancellationToken stop)
    {
        try
        {
            await using (var node = await launcher.StartAsync(request, console, stop))
            {
                if (node.IsSlurmTask)
                    signals.HearWarning();
                else if (node.IsRank)
                    signals.IgnoreWarning();
                console.Say("node: serving; SIGTERM or Ctrl-C drains and stops it");
                var stopped = Task.Delay(Timeout.Infinite, stop);
                var end = await Task.WhenAny(stopped, node.CannotGoOn, node.DrainAsked);
                if (end == node.CannotGoOn)
                    throw new CliException(ExitCode.Unavailable, await node.CannotGoOn);
                console.Say(end == node.DrainAsked ? "node: asked by another to drain; draining" : "node: draining");
            }
        }
        catch (OperationCanceledException e) when (stop.IsCancellationRequested)
        {
            throw new CliException(ExitCode.Failed, "interrupted", e);
        }

        console.Say("node: stopped");
    }
}
