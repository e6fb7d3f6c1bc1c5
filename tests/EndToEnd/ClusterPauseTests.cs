using Cascade.Hosting;

namespace Cascade.EndToEnd;

/// <summary>Nodes of a cluster of processes that are away for a while under load: restarted one after another, or stopped where they are.</summary>
public sealed class ClusterPauseTests
{
    private const int Nodes = 3;

    /// <summary>Long enough that the others give the node up.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    /// <summary>Blocks that one node alone holds; none of the load has their numbers.</summary>
    private static readonly int[] SingleBlocks = [.. Enumerable.Range(100_000, 24)];

    /// <summary>Blocks that are put while a node hangs, and not again.</summary>
    private static readonly int[] LateBlocks = [.. Enumerable.Range(200_000, 24)];

    [Fact]
    public async Task All_nodes_are_restarted_one_after_another_and_clients_see_no_error()
    {
        await using var cluster = await ClusterProcesses.StartAsync("rolling", Nodes);
        await using var load = new ClusterLoad(cluster.Cache);
        await load.CallsAsync(200);
        for (var node = 0; node < Nodes; node++)
        {
            await cluster.Fleet.RestartAsync(node, TestContext.Current.CancellationToken);
            await cluster.AgreeAsync(Enumerable.Range(0, Nodes));
            await load.CallsAsync(200);
        }

        await load.StopAsync();
        Assert.True(load.Refused.IsEmpty, load.Complaints());
        foreach (var number in load.Acknowledged)
            Assert.Null(await load.GetAsync(number));
        await cluster.EndAsync();
    }

    [Fact]
    public async Task Node_that_hangs_is_given_up_and_comes_back_by_itself()
    {
        await using var cluster = await ClusterProcesses.StartAsync("hangs", Nodes);
        await using var load = new ClusterLoad(cluster.Cache);
        await load.CallsAsync(200);
        foreach (var number in SingleBlocks)
            Assert.Null(await load.PutAsync(number, new PutOptions { Deadline = ClusterLoad.Deadline }));

        var hanging = Assert.Single(await cluster.HoldersAsync(TestBlock.Key(SingleBlocks[0])));
        await cluster.Fleet.PauseAsync(hanging);
        var since = TimeProvider.System.GetTimestamp();
        await cluster.AgreeAsync(Enumerable.Range(0, Nodes).Where(node => node != hanging));
        await load.CallsAsync(200);
        foreach (var number in load.Acknowledged)
            Assert.Null(await load.GetAsync(number));

        foreach (var number in LateBlocks)
            Assert.Null(await load.PutAsync(number, new PutOptions { Acknowledgement = Acknowledgement.Replicated(2), Deadline = ClusterLoad.Deadline }));
        await load.StopAsync();

        // How long the node hangs is what the test is about: nothing is awaited by it.
        var left = Pause - TimeProvider.System.GetElapsedTime(since);
        if (left > TimeSpan.Zero)
            await Task.Delay(left, TestContext.Current.CancellationToken);
        await cluster.Fleet.ResumeAsync(hanging);
        await cluster.AgreeAsync(Enumerable.Range(0, Nodes));
        var missing = new List<(int, string)>();
        await Until.TrueAsync(async () =>
        {
            missing.Clear();
            foreach (var number in load.Acknowledged.Concat(LateBlocks).Concat(SingleBlocks))
            {
                if (await load.GetAsync(number) is { } reason)
                    missing.Add((number, reason));
            }

            return missing.Count == 0;
        }, () => $"Not there again: {string.Join(", ", missing)}");
        Assert.True(load.Broken.IsEmpty, load.Complaints());
        await cluster.EndAsync();
    }
}
