using System.CommandLine;
using Cascade.Hosting.Cli.Fleet;
using Cascade.Hosting.Configuration;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>up</c>: runs the nodes of a cluster on this machine until it is told to stop.</summary>
internal sealed class UpVerb
{
    private const int NodesDefault = 3;

    /// <summary>Memory that a busy machine surely sets aside in a second, for all its nodes together.</summary>
    private const double BytesPerSecondMin = 256 << 20;

    private readonly CliConsole _console;
    private readonly INodeLauncher _launcher;
    private readonly NodeOptions _node = new();
    private readonly Option<long?> _nodes = CommonOptions.Count("--nodes", $"Number of nodes. Default: {NodesDefault}.", 1, NodeFleet.NodesMax);
    private readonly Option<bool> _reset = new("--reset") { Description = "Discard the arenas that are there and start empty." };
    private readonly Option<bool> _keep = new("--keep") { Description = "Leave the arenas in place at the end." };

    private UpVerb(CliConsole console, INodeLauncher launcher)
    {
        _console = console;
        _launcher = launcher;
    }

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console, INodeLauncher launcher)
    {
        var verb = new UpVerb(console, launcher);
        var command = new VerbCommand(
            "up",
            "Run the nodes of a cluster on this machine until SIGTERM or Ctrl-C.",
            new Example("cascade up", $"{NodesDefault} nodes with the defaults"),
            new Example("cascade up --nodes 5 --set cascade.tiers.shm.capacity=1GiB", "5 nodes of 1 GiB each"),
            new Example("cascade up --nodes 3 --config hocon/local.conf --keep", "with settings from a file; the next start serves the blocks again"))
        {
            Details = """
                Each node is a process of its own, with its own cascade.node.id from 0 on and a free port of the loopback address; the
                other settings are the same for all. What a node says is shown behind its number.
                The first signal drains all nodes and removes the arenas that were not there before; a second one ends everything at once,
                and what it leaves in the directory of the arenas is taken over by the next start. A node that ends by itself is told, and
                the others go on. When this program is killed, its nodes drain by themselves.
                Exit code 1: no node is left and one of them was not drained, or one did not drain in time. Exit code 2: the configuration is wrong.
                Exit code 3: there is no room for the arenas, or a node did not start; the others are stopped then.
                """,
        };
        command.Add(verb._nodes);
        command.Add(verb._reset);
        command.Add(verb._keep);
        verb._node.AddTo(command);
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var request = _node.RequestOf(line) with { Reset = line.GetValue(_reset), KeepArena = true };
        if (_node.TryPrintConfiguration(line, request, _launcher, _console))
            return ExitCode.Ok;
        var options = Load(request);
        var nodes = (int)(line.GetValue(_nodes) ?? NodesDefault);
        var capacity = options.Tiers.Shm.CapacityBytes;
        var settings = new FleetSettings(options.Cluster.Name, options.Tiers.Shm.Directory)
        {
            ConfigFile = request.ConfigFile,
            Settings = request.Settings,
            Reset = request.Reset,
            KeepArenas = line.GetValue(_keep),
            Time = _console.Time,
        };
        settings = settings with { StartPatience = settings.StartPatience + TimeSpan.FromSeconds(nodes * (double)capacity / BytesPerSecondMin) };
        FleetRoom.Require(settings, nodes, capacity);

        bool isWell;
        await using (var lines = new LineForwarder(_console))
        await using (var fleet = new NodeFleet(settings, lines.Say))
        {
            await fleet.StartAsync(nodes, cancellationToken);
            TableOutput.Write(_console.Out, FleetTable.Of(fleet.Nodes.Select(node => (node.Id, node.ProcessId, node.Port)), capacity));
            lines.Say("up: all nodes serve; SIGTERM or Ctrl-C drains and stops them");
            isWell = await FleetWatch.RunAsync(fleet.Ends, nodes, lines.Say, _console.Time, cancellationToken);
            isWell &= await fleet.DrainAsync();
        }

        _console.Say("up: stopped");
        return isWell ? ExitCode.Ok : ExitCode.Failed;
    }

    /// <summary>The settings that nodes of a request are started with.</summary>
    /// <exception cref="CliException">The configuration is wrong.</exception>
    internal static CascadeOptions Load(NodeRequest request)
    {
        try
        {
            return CascadeConfiguration.Load(new ConfigurationSources
            {
                FilePath = request.ConfigFile,
                Environment = ConfigurationSources.ProcessEnvironment(),
                Overrides = request.Settings,
            }).Options;
        }
        catch (ConfigurationException e)
        {
            throw new CliException(ExitCode.Usage, string.Join('\n', e.Messages), e);
        }
    }
}
