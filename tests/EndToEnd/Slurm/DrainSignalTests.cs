using System.Diagnostics;
using System.Globalization;

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

    /// <summary>By one shell, so that the later ones come while the first one's drain is under way.</summary>
    private static void SignalAtOnce(int process, string[] signals)
    {
        var id = process.ToString(CultureInfo.InvariantCulture);
        using var shell = Process.Start("sh", ["-c", string.Join("; ", signals.Select(signal => $"kill -{signal} {id}")) + "; true"]);
        shell.WaitForExit();
    }
}
