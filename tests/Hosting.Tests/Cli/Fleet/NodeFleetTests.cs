using System.Collections.Concurrent;
using Cascade.Hosting.Cli;
using Cascade.Hosting.Cli.Fleet;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.Hosting.Tests.Cli.Fleet;

public sealed class NodeFleetTests : IDisposable
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("cascade-fleet-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Nodes_serve_after_the_start_and_drain_at_the_end()
    {
        await using var fleet = Fleet(StandInNodes.Good);
        await fleet.StartAsync(3, CancellationToken.None);
        Assert.Equal([0, 1, 2], fleet.Nodes.Select(node => node.Id));
        Assert.All(fleet.Nodes, node => Assert.True(node.IsRunning));
        Assert.Equal(3, fleet.Nodes.Select(node => node.ProcessId).Distinct().Count());
        Assert.True(await fleet.DrainAsync());
        Assert.All(fleet.Nodes, node => Assert.False(node.IsRunning));
        foreach (var node in fleet.Nodes)
        {
            Assert.Contains($"[node {node.Id}] node: stopped", _lines);
            Assert.Contains(_lines, line => line.StartsWith($"[node {node.Id}] arguments: node ", StringComparison.Ordinal)
                && line.Contains($"cascade.remoting.port={node.Port} ", StringComparison.Ordinal));
        }

        Assert.False(fleet.Ends.TryRead(out _));
    }

    [Fact]
    public async Task Node_that_refuses_is_told_with_its_last_lines_and_the_others_do_not_hold_that_up()
    {
        await using var fleet = Fleet(
            "case \"$*\" in *node.id=1*) for n in 1 2 3 4 5 6 7 8 9 10 11 12 13; do echo line $n; done; exit 4;; esac; exec sleep 600",
            settings => settings with { StopPatience = TimeSpan.FromMilliseconds(50) });
        var failure = await Assert.ThrowsAsync<CliException>(() => fleet.StartAsync(3, CancellationToken.None));
        Assert.Equal(ExitCode.Unavailable, failure.ExitCode);
        Assert.Equal(
            ["node 1 did not start: it ended with exit code 4; the last that it said:", .. Enumerable.Range(2, 12).Select(n => $"  line {n}")],
            failure.Message.Split('\n'));
    }

    [Fact]
    public async Task Node_that_does_not_come_to_serve_is_killed()
    {
        await using var fleet = Fleet(StandInNodes.Silent, settings => settings with { StartPatience = TimeSpan.FromMilliseconds(50) });
        var failure = await Assert.ThrowsAsync<CliException>(() => fleet.StartAsync(1, CancellationToken.None));
        Assert.StartsWith("node 0 did not start: it did not serve within 0.05 s and was killed", failure.Message, StringComparison.Ordinal);
        Assert.False(fleet.Nodes[0].IsRunning);
    }

    [Fact]
    public async Task Program_that_is_not_there_is_told()
    {
        await using var fleet = new NodeFleet(Settings() with { Program = new FleetProgram(Path.Combine(_folder, "none"), []) }, _lines.Enqueue);
        var failure = await Assert.ThrowsAsync<CliException>(() => fleet.StartAsync(1, CancellationToken.None));
        Assert.StartsWith("a node cannot be started: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_that_is_given_up_leaves_the_nodes_to_the_drain()
    {
        await using var fleet = Fleet(StandInNodes.Silent, settings => settings with { StopPatience = TimeSpan.FromMilliseconds(50) });
        using var giveUp = new CancellationTokenSource();
        var start = fleet.StartAsync(2, giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        await fleet.DrainAsync();
        Assert.All(fleet.Nodes, node => Assert.False(node.IsRunning));
    }

    [Fact]
    public async Task Port_that_was_taken_meanwhile_is_replaced_once()
    {
        await using var fleet = Fleet(StandInNodes.FirstOf(Path.Combine(_folder, "marker"), StandInNodes.PortTaken));
        await fleet.StartAsync(2, CancellationToken.None);
        await Patience.UntilAsync(() => Task.FromResult(ArgumentsOf(0).Count > 0));
        Assert.Contains($"cascade.remoting.port={fleet.Nodes[0].Port} ", Assert.Single(ArgumentsOf(0)), StringComparison.Ordinal);
        var said = Assert.Single(_lines, line => line.StartsWith("[node 0] port ", StringComparison.Ordinal));
        Assert.NotEqual($"[node 0] port {fleet.Nodes[0].Port} was taken meanwhile: starting again with another", said);
    }

    [Fact]
    public async Task Port_that_is_taken_twice_is_a_failure()
    {
        await using var fleet = Fleet(StandInNodes.PortTaken);
        var failure = await Assert.ThrowsAsync<CliException>(() => fleet.StartAsync(1, CancellationToken.None));
        Assert.StartsWith("node 0 did not start: it ended with exit code 3; the last that it said:\n  cascade: The node cannot", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, _lines.Count(line => line.StartsWith("[node 0] cascade: ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("exit 7", 7, "node 0 (process # ) ended with exit code 7")]
    [InlineData("kill -KILL $$", 137, "node 0 (process # ) was ended by signal 9")]
    public async Task Node_that_ends_by_itself_is_told_and_the_others_go_on(string ending, int exitCode, string words)
    {
        await using var fleet = Fleet(StandInNodes.FirstOf(Path.Combine(_folder, "marker"), $"{StandInNodes.Serve} {ending};"));
        await fleet.StartAsync(2, CancellationToken.None);
        var end = await fleet.Ends.ReadAsync();
        Assert.Equal(new NodeEnd(0, fleet.Nodes[0].ProcessId, exitCode), end);
        Assert.Equal(words.Replace("# ", $"{end.ProcessId}", StringComparison.Ordinal), end.ToString());
        Assert.True(fleet.Nodes[1].IsRunning);
        Assert.True(await fleet.DrainAsync());
    }

    [Fact]
    public async Task Node_that_does_not_drain_is_killed_and_that_is_said()
    {
        await using var fleet = Fleet(StandInNodes.Deaf, settings => settings with { StopPatience = TimeSpan.FromMilliseconds(50) });
        await fleet.StartAsync(2, CancellationToken.None);
        Assert.False(await fleet.StopAsync(1));
        Assert.Contains("[node 1] did not drain within 0.05 s: killed", _lines);
        Assert.Equal([true, false], fleet.Nodes.Select(node => node.IsRunning));
        Assert.False(await fleet.DrainAsync());
        Assert.False(fleet.Ends.TryRead(out _));
    }

    [Fact]
    public async Task Node_starts_again_with_its_number_and_port_and_keeps_its_arena()
    {
        await using var fleet = Fleet(StandInNodes.Good, settings => settings with { Reset = true });
        await fleet.StartAsync(2, CancellationToken.None);
        var (port, process) = (fleet.Nodes[1].Port, fleet.Nodes[1].ProcessId);
        await fleet.KillAsync(1);
        Assert.False(fleet.Nodes[1].IsRunning);
        await fleet.RestartAsync(1, CancellationToken.None);
        await fleet.RestartAsync(1, CancellationToken.None);
        Assert.True(fleet.Nodes[1].IsRunning);
        Assert.Equal(port, fleet.Nodes[1].Port);
        Assert.NotEqual(process, fleet.Nodes[1].ProcessId);

        // What a node says comes by two pipes: that it serves may be known before its arguments are.
        List<string> started = [];
        await Patience.UntilAsync(() => Task.FromResult((started = ArgumentsOf(1)).Count == 3));
        Assert.Equal(started[0].Replace(" --reset", "", StringComparison.Ordinal), started[1]);
        Assert.Equal(started[1], started[2]);
        Assert.False(fleet.Ends.TryRead(out _));
    }

    [Fact]
    public async Task Node_that_is_paused_stands_still_goes_on_and_drains_from_a_pause()
    {
        await using var fleet = Fleet(StandInNodes.Good);
        await fleet.StartAsync(1, CancellationToken.None);
        await fleet.PauseAsync(0);
        Assert.Equal('T', StateOf(fleet.Nodes[0].ProcessId));
        await fleet.ResumeAsync(0);
        Assert.NotEqual('T', StateOf(fleet.Nodes[0].ProcessId));
        await fleet.PauseAsync(0);
        Assert.True(await fleet.DrainAsync());
    }

    [Fact]
    public async Task Node_that_is_gone_cannot_be_paused()
    {
        await using var fleet = Fleet(StandInNodes.Good);
        await fleet.StartAsync(1, CancellationToken.None);
        await fleet.StopAsync(0);
        await Assert.ThrowsAsync<InvalidOperationException>(() => fleet.PauseAsync(0));
        await fleet.KillAsync(0);
        Assert.True(await fleet.StopAsync(0));
    }

    [Theory]
    [InlineData(false, false, "cascade-f-0,cascade-f-2,cascade-f-x,cascade-other-1")]
    [InlineData(true, false, "cascade-f-2,cascade-f-x,cascade-other-1")]
    [InlineData(true, true, "cascade-f-0,cascade-f-1,cascade-f-2,cascade-f-x,cascade-other-1")]
    public async Task Arenas_of_the_fleet_alone_go_at_the_end(bool reset, bool keep, string left)
    {
        foreach (var name in (string[])["cascade-f-0", "cascade-f-2", "cascade-f-x", "cascade-other-1"])
            await File.WriteAllTextAsync(Path.Combine(_folder, name), "");
        await using (var fleet = Fleet(StandInNodes.Good, settings => settings with { Reset = reset, KeepArenas = keep }))
        {
            await fleet.StartAsync(2, CancellationToken.None);
            await File.WriteAllTextAsync(Path.Combine(_folder, "cascade-f-1"), "made by node 1");
        }

        Assert.Equal(left.Split(','), Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Arena_that_another_process_holds_stays_and_that_is_said()
    {
        var path = Path.Combine(_folder, "cascade-f-0");
        await using var fleet = Fleet(StandInNodes.Good);
        await fleet.StartAsync(1, CancellationToken.None);
        using var held = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        await fleet.DrainAsync();
        Assert.True(File.Exists(path));
        Assert.Contains(_lines, line => line.StartsWith($"'{path}' could not be removed: ", StringComparison.Ordinal));
    }

    private static char StateOf(int process)
    {
        var status = File.ReadAllText($"/proc/{process}/stat");
        return status[status.LastIndexOf(')') + 2];
    }

    private List<string> ArgumentsOf(int node) => [.. _lines.Where(line => line.StartsWith($"[node {node}] arguments: ", StringComparison.Ordinal))];

    private FleetSettings Settings() => new("f", _folder);

    private NodeFleet Fleet(string script, Func<FleetSettings, FleetSettings>? change = null) =>
        new((change ?? (settings => settings))(Settings() with { Program = StandInNodes.Program(script) }), _lines.Enqueue);
}
