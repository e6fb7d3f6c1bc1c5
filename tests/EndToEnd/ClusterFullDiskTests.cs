using Cascade.Hosting;

namespace Cascade.EndToEnd;

/// <summary>A node of a cluster of processes whose disk is full: it alone stores less, and the others go on.</summary>
public sealed class ClusterFullDiskTests
{
    private const int Nodes = 2;

    /// <summary>Blocks that one node alone holds: more than the memory and the disk of the third node take of them, and less than the others do.</summary>
    private static readonly int[] SingleBlocks = [.. Enumerable.Range(100_000, 900)];

    [Fact]
    public async Task Disk_of_one_node_is_full_and_the_cluster_goes_on()
    {
        Assert.SkipUnless(Environment.UserName == "root", "mounting a tmpfs needs root");
        using var disk = new Tmpfs("size=6m");
        await using var cluster = await ClusterProcesses.StartAsync("full", Nodes);
        using var full = CascadeProcess.Start(
            " serves;", "node", "--set", $"cascade.cluster.name={cluster.Name}", "--set", $"cascade.node.id={Nodes}", "--set", $"cascade.remoting.seeds={cluster.Seeds}",
            "--set", "cascade.tiers.shm.capacity=8MiB", "--set", $"cascade.tiers.cold.directory={disk.Path}", "--set", "cascade.tiers.cold.file-size=1MiB",
            "--set", "cascade.tiers.cold.capacity=1GiB",

            // What it cannot write it gives up: blocks that are read once must not drive out those that are read all the time, from its first access on.
            "--set", "cascade.eviction.policy=s3-fifo");
        await full.Said;
        await cluster.AgreeAsync(Enumerable.Range(0, Nodes + 1));
        await using var load = new ClusterLoad(cluster.Cache);
        foreach (var number in SingleBlocks)
            Assert.Null(await load.PutAsync(number, new PutOptions { Deadline = ClusterLoad.Deadline }));
        Assert.True(new DriveInfo(disk.Path).AvailableFreeSpace < 1 << 20, "The disk did not come to be full.");

        var missed = 0;
        foreach (var number in SingleBlocks)
            missed += await load.GetAsync(number) is null ? 0 : 1;
        Assert.InRange(missed, 1, SingleBlocks.Length / 3);
        await load.CallsAsync(200);
        await load.StopAsync();
        Assert.True(load.Refused.IsEmpty, load.Complaints());
        Assert.Equal(0, (await full.EndBySignalAsync("TERM")).ExitCode);
        await cluster.AgreeAsync(Enumerable.Range(0, Nodes));
        foreach (var number in load.Acknowledged)
            Assert.Null(await load.GetAsync(number));
        File.Delete($"/dev/shm/cascade-{cluster.Name}-{Nodes}");
        await cluster.EndAsync();
    }
}
