using System.CommandLine;

namespace Cascade.Hosting.Cli;

/// <summary>What the verbs have in common that are carried out against a running cluster: their options, and joining it for the time of one call.</summary>
internal sealed class ClusterVerb(CliConsole console, INodeLauncher launcher)
{
    /// <summary>What their help says of finding the cluster and of exit codes.</summary>
    public const string Details = """
        Joins the cluster for the time of the call: by cascade.remoting.seeds or, where there are none, by the nodes of this machine that
        have the cluster's name. Nodes with TLS are joined with certificates as they have; see cascade.remoting.tls.
        Exit code 2: the command line or the configuration is wrong. Exit code 3: no node of the cluster answers.
        """;

    private static readonly TimeSpan JoinWithinMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan JoinWithinMax = TimeSpan.FromHours(1);

    private readonly NodeOptions _node = new();
    private readonly Option<bool> _json = CommonOptions.Json();
    private readonly Option<TimeSpan?> _timeout = CommonOptions.Time(
        "--timeout",
        $"How long to wait for the cluster. Default: {ClusterClient.JoinWithinDefault.TotalSeconds} s.",
        JoinWithinMin,
        JoinWithinMax);

    /// <summary>Where to speak.</summary>
    public CliConsole Console { get; } = console;

    /// <summary>Gives a verb the options.</summary>
    public void AddTo(Command verb)
    {
        _node.AddSettingsTo(verb);
        verb.Add(_timeout);
        verb.Add(_json);
    }

    /// <summary>True when one JSON document is wanted instead of a table.</summary>
    public bool IsJson(ParseResult line) => line.GetValue(_json);

    /// <summary>Joins the cluster; disposing the result leaves it.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <param name="blockBytes">Length of the block that is to be put; 0 for none.</param>
    /// <exception cref="CliException">The configuration is wrong, or no node answers.</exception>
    public Task<IClusterSession> ConnectAsync(ParseResult line, CancellationToken cancellationToken, long blockBytes = 0) => launcher.ConnectAsync(
        new ClientRequest(_node.RequestOf(line))
        {
            JoinWithin = line.GetValue(_timeout) ?? ClusterClient.JoinWithinDefault,
            BlockBytes = blockBytes,
            IsVerbose = line.GetValue<bool>(CascadeCli.VerboseOption),
        },
        Console,
        cancellationToken);
}
