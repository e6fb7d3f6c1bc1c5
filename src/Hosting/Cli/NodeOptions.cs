using System.CommandLine;

namespace Cascade.Hosting.Cli;

/// <summary>The options of every verb that starts a node, <c>--config</c>, <c>--set</c> and <c>--print-config</c>, or that joins a cluster, without the last.</summary>
internal sealed class NodeOptions
{
    private const string Expected = "path=value, such as cascade.tiers.shm.capacity=1GiB";

    private readonly Option<string?> _config = new("--config")
    {
        Description = "Read settings from this HOCON file.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Set one setting, above file and environment; may be given again.",
        HelpName = "path=value",
        Validators =
        {
            result =>
            {
                foreach (var token in result.Tokens)
                {
                    if (token.Value.IndexOf('=', StringComparison.Ordinal) <= 0)
                        result.AddError($"'{token.Value}' is not good for --set: expected {Expected}.");
                }
            },
        },
    };

    private readonly Option<bool> _printConfig = new("--print-config")
    {
        Description = "Print the configuration in force and stop.",
    };

    /// <summary>Gives a verb the options.</summary>
    public void AddTo(Command verb)
    {
        AddSettingsTo(verb);
        verb.Add(_printConfig);
    }

    /// <summary>Gives a verb <c>--config</c> and <c>--set</c> alone.</summary>
    public void AddSettingsTo(Command verb)
    {
        verb.Add(_config);
        verb.Add(_set);
    }

    /// <summary>What the command line says about the node.</summary>
    public NodeRequest RequestOf(ParseResult line) => new(line.GetValue(_config), line.GetValue(_set) ?? []);

    /// <summary>Prints the configuration when that was asked for; true then.</summary>
    public bool TryPrintConfiguration(ParseResult line, NodeRequest request, INodeLauncher launcher, CliConsole console)
    {
        if (!line.GetValue(_printConfig))
            return false;
        console.Out.WriteLine(launcher.DescribeConfiguration(request).TrimEnd());
        console.Out.Flush();
        return true;
    }
}
