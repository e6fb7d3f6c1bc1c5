using System.CommandLine;
using System.Globalization;
using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>drain</c>: has a node of a running cluster drain and stop.</summary>
internal sealed class DrainVerb
{
    /// <summary>How long a node is asked, again and again, before it counts as silent.</summary>
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(10);

    /// <summary>More than a node allows itself, which is 10 s for each of three parts.</summary>
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly ClusterVerb _cluster;
    private readonly Argument<NodeId?> _node = new("NODE")
    {
        Description = "Number of the node, as 'cascade members' shows it.",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var node))
                return new NodeId(node);
            result.AddError($"'{text}' is not good for NODE: expected the number of a node, such as 2.");
            return null;
        },
    };

    private DrainVerb(CliConsole console, INodeLauncher launcher) => _cluster = new ClusterVerb(console, launcher);

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console, INodeLauncher launcher)
    {
        var verb = new DrainVerb(console, launcher);
        var command = new VerbCommand(
            "drain",
            "Have a node of a running cluster drain and stop, and wait until it has left.",
            new Example("cascade drain 2", "as a signal to the node's program does, from anywhere"),
            new Example("cascade drain 2 --json", "how long it took as one JSON document"))
        {
            Details = $"""
                The node takes no more work, ends what is under way, hands its part of the key index over and leaves; its program ends with exit
                code 0. Its blocks stay where they are, in its memory, and are served again after its next start: until then those that no other
                node and no disk has are out of reach. A program that embeds the node is stopped with it.
                {ClusterVerb.Details}
                Exit code 1: there is no such node, or it has not left within {LeavePatience.TotalSeconds} s.
                """,
        };
        command.Add(verb._node);
        verb._cluster.AddTo(command);
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var (console, node) = (_cluster.Console, line.GetValue(_node)!.Value);
        await using var session = await _cluster.ConnectAsync(line, cancellationToken);
        var member = Find(session, node);
        await TellWhatGoesAsync(session, member, cancellationToken);
        var started = console.Time.GetTimestamp();
        await AskAsync(session, member, cancellationToken);
        await AwaitLeaveAsync(session, member, cancellationToken);
        var report = new DrainReport(node.Value, member.Address.Text, console.Time.GetElapsedTime(started).TotalSeconds);
        if (_cluster.IsJson(line))
            JsonOutput.Write(console.Out, report);
        else
            TableOutput.Write(console.Out, TableOutput.OfValues(
                ("node", node.Value.ToString(CultureInfo.InvariantCulture)), ("left after", HumanText.Quantity(report.Seconds, "s"))));
        return ExitCode.Ok;
    }

    private static Member Find(IClusterSession session, NodeId node)
    {
        var members = session.Cluster.Members;
        if (members.Find(node) is { } member && node != members.Self)
            return member;
        var there = string.Join(", ", members.Members.Where(ClusterReports.IsStoring).Select(static other => other.Node.Value));
        throw new CliException(ExitCode.Failed, $"there is no node {node.Value} in the cluster; it has {there}");
    }

    private async Task TellWhatGoesAsync(IClusterSession session, Member member, CancellationToken cancellationToken)
    {
        if (!ClusterReports.IsStoring(member))
            return;
        var isLast = session.Cluster.Members.Members.Count(static other => other.TakesWork) == 1 && member.TakesWork;
        if (isLast)
            _cluster.Console.Say("drain: this is the last node that stores; the cluster ends with it");
        var report = await ClusterReports.AskAsync(session, member, cancellationToken);
        if (report.Tiers is [{ Blocks: > 0 } memory, ..])
            _cluster.Console.Say($"drain: {HumanText.Count(memory.Blocks)} blocks in its memory are out of reach until its next start, but for those with copies elsewhere");
    }

    /// <summary>Returns when the node knows that it is to drain, or has left meanwhile.</summary>
    private async Task AskAsync(IClusterSession session, Member member, CancellationToken cancellationToken)
    {
        var time = _cluster.Console.Time;
        var started = time.GetTimestamp();
        string? silence = null;
        using var pause = new PeriodicTimer(LookEvery, time);
        while (IsThere(session, member))
        {
            var left = AskPatience - time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
                throw new CliException(ExitCode.Unavailable, $"node {member.Node.Value} at {member.Address} does not answer: {silence}");
            try
            {
                if (session.Nodes.Of(member.Node, NodePaths.NodeControl) is { } control
                    && await control.Ask<object>(new DrainNode(member.Life), left, cancellationToken) is Draining)
                    return;
                silence = "another process has its number";
            }
            catch (Exception e) when (ClusterReports.IsSilence(e))
            {
                silence = e.Message;
            }

            await pause.WaitForNextTickAsync(cancellationToken);
        }
    }

    private async Task AwaitLeaveAsync(IClusterSession session, Member member, CancellationToken cancellationToken)
    {
        var time = _cluster.Console.Time;
        var started = time.GetTimestamp();
        using var look = new PeriodicTimer(LookEvery, time);
        while (IsThere(session, member))
        {
            if (time.GetElapsedTime(started) > LeavePatience)
                throw new CliException(
                    ExitCode.Failed, $"node {member.Node.Value} at {member.Address} was asked to drain and has not left within {LeavePatience.TotalSeconds} s; it may still do so");
            await look.WaitForNextTickAsync(cancellationToken);
        }
    }

    private static bool IsThere(IClusterSession session, Member member) => session.Cluster.Members.Find(member.Node)?.Life == member.Life;

    /// <param name="Node">Its number.</param>
    /// <param name="Address">Where it listened.</param>
    /// <param name="Seconds">From the request until it had left.</param>
    private sealed record DrainReport(uint Node, string Address, double Seconds);
}
