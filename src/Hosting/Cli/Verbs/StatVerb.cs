using System.CommandLine;
using System.Globalization;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Spectre.Console;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>stat</c>: what a running cluster knows of a key, or what its nodes say of their tiers.</summary>
internal sealed class StatVerb
{
    private readonly ClusterVerb _cluster;
    private readonly KeyOptions _keys = new();
    private readonly Argument<string?> _key = new("KEY")
    {
        Description = "What the block was put under. Without it: the tiers of all nodes.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private StatVerb(CliConsole console, INodeLauncher launcher) => _cluster = new ClusterVerb(console, launcher);

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console, INodeLauncher launcher)
    {
        var verb = new StatVerb(console, launcher);
        var command = new VerbCommand(
            "stat",
            "Say where a block of a running cluster lies, or how full its nodes are.",
            new Example("cascade stat", "a row for each tier of each node"),
            new Example("cascade stat greeting", "block, copies by node and tier, leases, registrations"),
            new Example("cascade stat --json", "all figures of all tiers, as one JSON document"))
        {
            Details = $"""
                {KeyOptions.Details}
                Figures of a tier count from the start of its node. Evicted: copies that left for room. Promoted: copies that came from a farther tier.
                {ClusterVerb.Details}
                Exit code 1: the key names no block, or a node did not answer; the table says which.
                """,
        };
        command.Add(verb._key);
        verb._keys.AddTo(command);
        verb._cluster.AddTo(command);
        command.SetAction((line, cancellationToken) => line.GetValue(verb._key) is { } key
            ? verb.TellKeyAsync(line, key, cancellationToken)
            : verb.TellNodesAsync(line, cancellationToken));
        return command;
    }

    private async Task<int> TellKeyAsync(ParseResult line, string text, CancellationToken cancellationToken)
    {
        var key = _keys.KeyOf(line, text);
        await using var session = await _cluster.ConnectAsync(line, cancellationToken);
        if (await session.Cache.StatAsync(key, cancellationToken) is not { } found)
            throw new CliException(ExitCode.Failed, $"no block: '{KeyOptions.Shown(text)}' in namespace '{KeyOptions.Shown(_keys.NamespaceOf(line))}' names none");
        var block = found.Block;
        var copies = block.Copies.OrderBy(static copy => copy.Node).ThenBy(static copy => copy.Tier).Select(static copy => new CopyReport(copy.Node.Value, copy.Tier)).ToArray();
        var report = new KeyReport(
            text, _keys.NamespaceOf(line), block.Id.ToString(), found.LengthBytes, block.State, found.Depth, copies, block.Leases, block.Registrations);
        if (_cluster.IsJson(line))
            JsonOutput.Write(_cluster.Console.Out, report);
        else
            Write(_cluster.Console.Out, report);
        return ExitCode.Ok;
    }

    private static void Write(TextWriter output, KeyReport report) => TableOutput.Write(output, TableOutput.OfValues(
        ("block", report.Block),
        ("bytes", HumanText.Count(report.Bytes)),
        ("state", HumanText.Name(report.State)),
        ("copies", string.Join(", ", report.Copies.Select(static copy => $"{new NodeId(copy.Node)} {HumanText.Name(copy.Tier)}"))),
        ("leases", HumanText.Count(report.Leases)),
        ("registrations", HumanText.Count(report.Registrations)),
        ("depth", HumanText.Count(report.Depth))));

    private async Task<int> TellNodesAsync(ParseResult line, CancellationToken cancellationToken)
    {
        await using var session = await _cluster.ConnectAsync(line, cancellationToken);
        var nodes = await ClusterReports.AskAllAsync(session, cancellationToken);
        if (_cluster.IsJson(line))
            JsonOutput.Write(_cluster.Console.Out, new { Nodes = nodes });
        else
            Write(_cluster.Console, nodes);
        return nodes.All(static node => node.Silence is null) ? ExitCode.Ok : ExitCode.Failed;
    }

    private static void Write(CliConsole console, IReadOnlyList<NodeTiers> nodes)
    {
        var table = new Table().Border(TableBorder.None).AddColumn(new TableColumn("node").NoWrap().RightAligned()).AddColumn(new TableColumn("tier").NoWrap());
        foreach (var name in (string[])["capacity", "free", "blocks", "evicted", "demoted", "promoted", "busy"])
            table.AddColumn(new TableColumn(name).NoWrap().RightAligned());
        foreach (var node in nodes)
        {
            if (node.Silence is not null)
                table.AddRow(new Text(Number(node)), new Text("no answer"));
            foreach (var tier in node.Tiers)
                table.AddRow(RowOf(node, tier));
        }

        TableOutput.Write(console.Out, table);
        foreach (var node in nodes.Where(static node => node.Silence is not null))
            console.Say($"node {Number(node)} ({node.Address}) did not answer: {node.Silence}");
    }

    private static Text[] RowOf(NodeTiers node, TierReport tier) =>
    [
        new(Number(node)), new(HumanText.Name(tier.Tier)), new(HumanText.Size(tier.CapacityBytes)), new(HumanText.Size(tier.FreeBytes)),
        new(HumanText.Count(tier.Blocks)), new(HumanText.Count(tier.Evicted)), new(HumanText.Count(tier.Demoted)), new(HumanText.Count(tier.Promoted)),
        new(HumanText.Count(tier.BusyAnswers)),
    ];

    private static string Number(NodeTiers node) => node.Node.ToString(CultureInfo.InvariantCulture);

    private sealed record CopyReport(uint Node, TierKind Tier);

    private sealed record KeyReport(
        string Key, string Namespace, string Block, long Bytes, BlockState State, int Depth, IReadOnlyList<CopyReport> Copies, int Leases, int Registrations);
}
