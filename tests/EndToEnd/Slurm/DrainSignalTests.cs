using System.Diagnostics;
using System.Globalization;
using Cascade.Hosting.Node;

namespace Cascade.EndToEnd.Slurm;

/// <summary>The signals by which SLURM ends a job, in every order that they come in.</summary>
public sealed class DrainSignalTests
{
    [Theory]
    [InlineData("CONT TERM")]
    [InlineData("TERM CONT")]
    [InlineData("TERM TERM")]
    [InlineData("USR1")]
    [InlineData("USR1 USR1 TERM CONT TERM")]
    [InlineData("INT TERM USR1")]
    public async Task Node_drains_once_whatever_signals_come(string signals)
    {
        using var cluster = new TestCluster("signals");
        using var node = cluster.StartNode();
        await node.WaitForAsync("node: serving;");
        SignalAtOnce(node.Id, signals.Split(' '));
        var (exitCode, _, error) = await node.EndAsync();
        Assert.Equal((0, 1), (exitCode, error.Split("node: draining").Length - 1));
        Assert.EndsWith("node: stopped\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drain_ends_within_its_bound_although_the_other_node_hangs()
    {
        using var fleet = new TestFleet("hung");
        using var first = CascadeProcess.Start(" serves;", fleet.Line("node", "--set", "cascade.node.drain-within=2s"));
        await first.Said;
        var seed = Assert.Single(AddressFile.Find("/dev/shm", fleet.Name));
        using var hung = CascadeProcess.Start(" serves;", fleet.Line("node", "--set", "cascade.node.id=1", "--set", $"cascade.remoting.seeds=[\"{seed}\"]"));
        await first.WaitForAsync(" is Up");
        hung.Signal("STOP");

        // Two thirds of what is left: less than it takes to find out that the other does not answer any more.
        var (exitCode, _, error) = await first.EndBySignalAsync("TERM");
        Assert.Equal(0, exitCode);
        Assert.Matches("Leaving although others have not taken over all keys after 00:00:01", error);
        Assert.EndsWith("node: stopped\n", error, StringComparison.Ordinal);
    }

    /// <summary>By one shell, so that the later ones come while the first one's drain is under way.</summary>
    private static void SignalAtOnce(int process, string[] signals)
    {
        var id = process.ToString(CultureInfo.InvariantCulture);
        using var shell = Process.Start("sh", ["-c", string.Join("; ", signals.Select(signal => $"kill -{signal} {id}")) + "; true"]);
        shell.WaitForExit();
    }
}
