using System.CommandLine;
using System.Globalization;
using Cascade.Core.Membership;
using Spectre.Console;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>members</c>: who is in a running cluster.</summary>
internal static class MembersVerb
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console, INodeLauncher launcher)
    {
        var verb = new VerbCommand(
            "members",
            "List the nodes of a running cluster.",
            new Example("cascade members", "of the cluster on this machine"),
            new Example("cascade members --set cascade.cluster.name=blue", "of another one"),
            new Example("cascade members --set 'cascade.remoting.seeds=[\"10.0.0.7:7400\"]' --json", "of one on other machines, as one JSON document"))
        {
            Details = $"""
                State: joining; up; suspect, it does not answer and will be removed if it goes on so; leaving, it hands over its work.
                Share: of the work that falls to a node, as far as it takes it: one that was just started takes it step by step. Clients take none;
                this program itself is one, and left out.
                {ClusterVerb.Details}
                """,
        };
        var cluster = new ClusterVerb(console, launcher);
        cluster.AddTo(verb);
        verb.SetAction(async (line, cancellationToken) =>
        {
            await using var session = await cluster.ConnectAsync(line, cancellationToken);
            var view = session.Cluster.Members;
            MemberReport[] members = [.. view.Members.Where(member => member.Node != view.Self).Select(ReportOf)];
            if (cluster.IsJson(line))
                JsonOutput.Write(console.Out, new { Members = members });
            else
                Write(console.Out, members);
            return ExitCode.Ok;
        });
        return verb;
    }

    private static MemberReport ReportOf(Member member) => new(
        member.Node.Value, member.Address.Text, member.State, member.Metadata.IsClient ? 0 : member.Weight,
        DateTimeOffset.FromUnixTimeMilliseconds(member.Start.UnixTimeMilliseconds), member.Metadata.IsClient);

    private static void Write(TextWriter output, MemberReport[] members)
    {
        var table = new Table().Border(TableBorder.None)
            .AddColumn(new TableColumn("node").NoWrap().RightAligned())
            .AddColumn(new TableColumn("address").NoWrap())
            .AddColumn(new TableColumn("state").NoWrap())
            .AddColumn(new TableColumn("share").NoWrap().RightAligned())
            .AddColumn(new TableColumn("started").NoWrap());
        foreach (var member in members)
            table.AddRow(
                new Text(member.Node.ToString(CultureInfo.InvariantCulture)),
                new Text(member.Address),
                new Text(HumanText.Name(member.State)),
                new Text(member.Client ? "client" : HumanText.Percent(member.Share)),
                new Text(member.Started.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)));
        TableOutput.Write(output, table);
    }

    /// <param name="Node">Its number.</param>
    /// <param name="Address">Where it listens.</param>
    /// <param name="State">What the cluster thinks of it.</param>
    /// <param name="Share">The part of its share of work that it takes, 0 to 1.</param>
    /// <param name="Started">When it was started, by its own clock.</param>
    /// <param name="Client">True when it stores nothing for others.</param>
    private sealed record MemberReport(uint Node, string Address, MemberState State, double Share, DateTimeOffset Started, bool Client);
}
