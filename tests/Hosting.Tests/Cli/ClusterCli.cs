using System.Text;
using System.Text.Json;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Verbs;
using Cascade.Hosting.Node;

namespace Cascade.Hosting.Tests.Cli;

/// <summary>Runs verbs in this process against the nodes of a cluster; what they say and print is kept until the next is run.</summary>
internal sealed class ClusterCli(string cluster)
{
    /// <summary>What the verb finds on its standard input.</summary>
    public byte[] Input { get; set; } = [];

    /// <summary>What the verb wrote to its standard output as bytes.</summary>
    public byte[] Output { get; private set; } = [];

    /// <summary>True when a person watches the output.</summary>
    public bool OutputIsTerminal { get; set; }

    public string Out { get; private set; } = "";

    public string Error { get; private set; } = "";

    /// <summary>The one JSON document that the verb printed.</summary>
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    public async Task<int> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        using var bytes = new MemoryStream();
        using var input = new MemoryStream(Input);
        var console = new CliConsole(output, error, errorIsTerminal: false, TimeProvider.System)
        {
            OutputIsTerminal = OutputIsTerminal,
            OpenInput = () => input,
            OpenOutput = () => bytes,
        };
        var launcher = new NodeLauncher();
        var cli = new CascadeCli(
            console,
            PutVerb.Create(console, launcher),
            GetVerb.Create(console, launcher),
            StatVerb.Create(console, launcher),
            KeyListVerbs.CreateProtect(console, launcher),
            KeyListVerbs.CreateUnprotect(console, launcher),
            KeyListVerbs.CreateDelete(console, launcher),
            MembersVerb.Create(console, launcher),
            DrainVerb.Create(console, launcher));
        var exitCode = await cli.RunAsync([arguments[0], "--set", $"cascade.cluster.name={cluster}", .. arguments[1..]], TestContext.Current.CancellationToken);
        (Out, Error, Output) = (output.ToString(), error.ToString(), bytes.ToArray());
        return exitCode;
    }

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
