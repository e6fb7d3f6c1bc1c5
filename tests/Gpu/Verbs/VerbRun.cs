using System.Text.Json;
using Cascade.Gpu.Tests.Nodes;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Verbs;
using Cascade.Hosting.Node;

namespace Cascade.Gpu.Tests.Verbs;

/// <summary>A verb of the program, run in this process on devices of the stand-in.</summary>
internal sealed record VerbRun(int ExitCode, string Output, string Error)
{
    /// <summary>Settings of a small node; of two the later holds.</summary>
    public static readonly string[] Small =
        ["--set", "cascade.tiers.shm.capacity=8MiB", "--set", "cascade.tiers.gpu.min-capacity=1MiB", "--set", "cascade.tiers.gpu.capacity=1MiB"];

    /// <summary>The document that was printed.</summary>
    public JsonElement Document => JsonDocument.Parse(Output).RootElement;

    /// <summary>Runs it on fresh devices, whose memory is all free again afterwards.</summary>
    public static async Task<VerbRun> RunAsync(int devices, params string[] arguments)
    {
        GpuNode.ResetDriver(devices);
        var run = await RunAsync(arguments);
        DriverStandIn.AssertEmpty();
        return run;
    }

    /// <summary>Runs it on the devices as they are.</summary>
    public static async Task<VerbRun> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var console = new CliConsole(output, error, errorIsTerminal: false, TimeProvider.System);
        var launcher = new NodeLauncher();
        var exitCode = await new CascadeCli(console, ReplayVerb.Create(console, launcher), BenchVerb.Create(console, launcher)).RunAsync(arguments, CancellationToken.None);
        return new VerbRun(exitCode, output.ToString(), error.ToString());
    }
}
