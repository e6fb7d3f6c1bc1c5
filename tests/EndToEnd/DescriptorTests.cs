using System.Globalization;

namespace Cascade.EndToEnd;

/// <summary>Files, sockets and mappings of a node do not add up while others come and go.</summary>
public sealed class DescriptorTests
{
    private const int Nodes = 3;

    /// <summary>The node that is killed and started again in each round.</summary>
    private const int Killed = 2;

    /// <summary>What a node may have more than before: a connection that a health check or a slow peer opened anew, and its like at the other node.</summary>
    private const int MoreMax = 3;

    private const int Leases = 20;

    [Fact]
    public async Task Nodes_have_no_more_descriptors_after_others_came_and_went()
    {
        await using var cluster = await ClusterProcesses.StartAsync("files", Nodes);
        await using var load = new ClusterLoad(cluster.Cache);
        await ClientCrashTests.PutAsync(cluster.Cache, Enumerable.Range(0, Leases).Select(static number => (long)number));

        // In the first round things are opened that stay.
        await RoundAsync(cluster, load);
        int[] survivors = [.. Enumerable.Range(0, Nodes).Where(static node => node != Killed).Select(cluster.ProcessOf)];
        var before = await Task.WhenAll(survivors.Select(SettledAsync));
        await RoundAsync(cluster, load);
        await load.StopAsync();
        for (var i = 0; i < survivors.Length; i++)
        {
            var (process, most) = (survivors[i], before[i] + MoreMax);
            await Until.TrueAsync(
                () => Descriptors(process).Length <= most && Arenas(process) <= Nodes + 1,
                () => $"Node {i} had {before[i]} descriptors and has {string.Join("\n", Descriptors(process))}\nand maps {Arenas(process)} arenas.");
        }

        await cluster.EndAsync();
    }

    /// <summary>Load, a client that is killed, one that comes and goes, and a node that is killed and comes back.</summary>
    private static async Task RoundAsync(ClusterProcesses cluster, ClusterLoad load)
    {
        using (var client = await ClientCrashTests.StartClientAsync(cluster, leases: 0))
            await client.KillAsync();
        Assert.Equal(0, (await CascadeProcess.RunAsync("members", "--set", $"cascade.cluster.name={cluster.Name}")).ExitCode);
        await load.CallsAsync(100);
        await cluster.Fleet.KillAsync(Killed);
        await cluster.Fleet.RestartAsync(Killed, TestContext.Current.CancellationToken);
        await cluster.AgreeAsync(Enumerable.Range(0, Nodes));
        await load.CallsAsync(100);
    }

    /// <summary>The least number of descriptors that a process is seen to have, once it has not had fewer for a while.</summary>
    private static async Task<int> SettledAsync(int process)
    {
        var (least, seen) = (int.MaxValue, 0);
        await Until.TrueAsync(
            () =>
            {
                var now = Descriptors(process).Length;
                (least, seen) = now < least ? (now, 0) : (least, seen + 1);
                return seen >= 25;
            },
            () => $"The descriptors of process {process} become ever fewer: {least}");
        return least;
    }

    /// <summary>What a process has open, but for the program's own code: that is loaded when it is first needed, once.</summary>
    private static string[] Descriptors(int process) =>
        [.. Directory.GetFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd")).Select(TargetOf).Where(IsNotCode).Order(StringComparer.Ordinal)];

    private static bool IsNotCode(string target) => Path.GetExtension(target) is not (".dll" or ".pdb" or ".so");

    private static string TargetOf(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget ?? descriptor;
        }
        catch (IOException)
        {
            // It was closed meanwhile.
            return descriptor;
        }
    }

    /// <summary>Arenas that a process maps, by file: one that was removed and made again counts twice while the old one is mapped.</summary>
    private static int Arenas(int process) =>
        File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/maps"))
            .Where(static line => line.Contains("/dev/shm/cascade-", StringComparison.Ordinal))
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4])
            .Distinct()
            .Count();
}
