using Cascade.Hosting.Cli.Fleet;

namespace Cascade.EndToEnd;

/// <summary>The <c>up</c> verb as a person meets it: a table, one log, and nothing left at the end.</summary>
public sealed class UpTests
{
    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Up_prints_its_nodes_and_leaves_nothing_when_it_is_signalled(string signal)
    {
        using var fleet = new TestFleet("up");
        using var up = await fleet.UpAsync(3);
        var nodes = fleet.Nodes();
        Assert.Equal([0, 1, 2], nodes.Keys);
        Assert.Equal([$"cascade-{fleet.Name}-0", $"cascade-{fleet.Name}-1", $"cascade-{fleet.Name}-2"], fleet.Arenas());

        var (exitCode, output, error) = await up.EndBySignalAsync(signal);
        Assert.Equal(0, exitCode);
        var rows = output.TrimEnd('\n').Split('\n').Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        Assert.Equal(["node", "process", "address", "memory"], rows[0]);
        Assert.Equal(nodes.Select(node => $"{node.Key} {node.Value} 2 MiB"), rows[1..].Select(row => $"{row[0]} {row[1]} {row[3]} {row[4]}"));
        Assert.All(rows[1..], row => Assert.Matches("^127[.]0[.]0[.]1:[0-9]+$", row[2]));
        foreach (var node in nodes.Keys)
            Assert.Contains($"[node {node}] node: stopped\n", error, StringComparison.Ordinal);
        Assert.DoesNotContain("unasked", error, StringComparison.Ordinal);
        Assert.EndsWith("up: stopped\n", error, StringComparison.Ordinal);
        Assert.Empty(fleet.Nodes());
        Assert.Empty(fleet.Left());
    }

    [Fact]
    public async Task Ctrl_C_in_a_terminal_which_reaches_the_nodes_as_well_drains_them_once()
    {
        using var fleet = new TestFleet("terminal");
        using var up = await fleet.UpAsync(3);
        TestFleet.Signal("INT", [.. fleet.Nodes().Values, up.Id]);
        var (exitCode, _, error) = await up.EndAsync();
        Assert.Equal(0, exitCode);
        for (var node = 0; node < 3; node++)
            Assert.Contains($"[node {node}] node: stopped\n", error, StringComparison.Ordinal);
        Assert.DoesNotContain("unasked", error, StringComparison.Ordinal);
        Assert.Empty(fleet.Nodes());
        Assert.Empty(fleet.Left());
    }

    [Fact]
    public async Task Node_that_is_killed_is_told_and_the_others_go_on()
    {
        using var fleet = new TestFleet("killed");
        using var up = await fleet.UpAsync(3);
        var killed = fleet.Nodes()[1];
        TestFleet.Signal("KILL", [killed]);
        await up.WaitForAsync($"up: node 1 (process {killed}) was ended by signal 9 unasked; 2 of 3 nodes go on; SIGTERM or Ctrl-C drains and stops them\n");
        Assert.Equal([0, 2], fleet.Nodes().Keys);
        Assert.Equal(0, (await up.EndBySignalAsync("INT")).ExitCode);
        Assert.Empty(fleet.Nodes());
        Assert.Empty(fleet.Left());
    }

    [Fact]
    public async Task Up_ends_when_no_node_is_left()
    {
        using var fleet = new TestFleet("none");
        using var up = await fleet.UpAsync(2);
        TestFleet.Signal("KILL", fleet.Nodes().Values);
        var (exitCode, _, error) = await up.EndAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains(" unasked; no node is left\n", error, StringComparison.Ordinal);
        Assert.Empty(fleet.Left());
    }

    [Fact]
    public async Task Nodes_drain_when_up_is_killed_and_the_next_start_takes_their_arenas_over_and_leaves_them()
    {
        using var fleet = new TestFleet("orphans");
        using (var up = await fleet.UpAsync(3))
        {
            Assert.Equal(3, fleet.Nodes().Count);
            await up.KillAsync();
        }

        await Until.TrueAsync(() => fleet.Nodes().Count == 0, () => $"{fleet.Nodes().Count} nodes outlive the program that started them.");
        Assert.Equal(3, fleet.Arenas().Length);
        using (var next = await fleet.UpAsync(3))
        {
            var (exitCode, _, error) = await next.EndBySignalAsync("TERM");
            Assert.Equal(0, exitCode);
            Assert.Equal(3, error.Split('\n').Count(line => line.Contains("taken over", StringComparison.Ordinal)));
        }

        Assert.Equal(3, fleet.Arenas().Length);
        using (var last = await fleet.UpAsync(3, "--reset"))
            Assert.Equal(0, (await last.EndBySignalAsync("TERM")).ExitCode);
        Assert.Empty(fleet.Left());
    }

    [Fact]
    public async Task Node_that_cannot_start_is_told_with_what_it_said_and_the_others_are_stopped()
    {
        using var fleet = new TestFleet("refused");
        using var holder = CascadeProcess.Start("node: serving", fleet.Line("node"));
        await holder.Said;
        var (exitCode, output, error) = await CascadeProcess.RunAsync(fleet.Line("up", "--nodes", "3"));
        Assert.Equal((3, ""), (exitCode, output));
        var lines = error.TrimEnd('\n').Split('\n');
        Assert.Contains("cascade: node 0 did not start: it ended with exit code 3; the last that it said:", lines);
        Assert.Contains($"is held by process {holder.Id}", lines[^1], StringComparison.Ordinal);
        Assert.Empty(fleet.Nodes());
        Assert.Equal([$"cascade-{fleet.Name}-0"], fleet.Arenas());
        Assert.Equal(0, (await holder.EndBySignalAsync("TERM")).ExitCode);
    }

    [Fact]
    public async Task Node_that_is_killed_starts_again_where_it_was()
    {
        using var cluster = new TestFleet("again");
        var settings = new FleetSettings(cluster.Name, "/dev/shm") { Settings = ["cascade.tiers.shm.capacity=2MiB"] };
        var lines = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using (var fleet = new NodeFleet(settings, lines.Enqueue))
        {
            await fleet.StartAsync(3, TestContext.Current.CancellationToken);
            var port = fleet.Nodes[1].Port;
            await fleet.KillAsync(1);
            Assert.Equal([0, 2], cluster.Nodes().Keys);
            await fleet.RestartAsync(1, TestContext.Current.CancellationToken);
            Assert.Equal(fleet.Nodes[1].ProcessId, cluster.Nodes()[1]);
            Assert.Equal(port, fleet.Nodes[1].Port);
            Assert.Single(lines, line => line.StartsWith("[node 1] ", StringComparison.Ordinal) && line.Contains("taken over", StringComparison.Ordinal));
            await fleet.PauseAsync(2);
            await fleet.ResumeAsync(2);
            Assert.True(await fleet.DrainAsync());
        }

        Assert.Empty(cluster.Nodes());
        Assert.Empty(cluster.Left());
    }
}
