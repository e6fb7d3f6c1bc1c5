using Cascade.Core.Hashing;
using Cascade.Hosting;

namespace Cascade.EndToEnd;

/// <summary>A node of a cluster of processes is killed under load, whatever part it has.</summary>
public sealed class ClusterFaultTests
{
    private const int Nodes = 3;
    private const int HotBlock = 0;

    /// <summary>Blocks that one node alone holds; none of the load has their numbers.</summary>
    private static readonly int[] SingleBlocks = [.. Enumerable.Range(100_000, 24)];

    private static readonly PutOptions Once = new() { Deadline = ClusterLoad.Deadline };

    [Fact]
    public Task Owner_of_a_hot_block_is_killed_and_no_replicated_block_is_missed() =>
        KillAsync("owner", cluster => cluster.OwnerOf(BlockDigest.Compute(DigestAlgorithm.Blake3, TestBlock.Bytes(HotBlock)).Prefix64));

    [Fact]
    public Task Primary_of_the_key_index_is_killed_and_no_replicated_block_is_missed() =>
        KillAsync("primary", cluster => cluster.OwnerOf(TestBlock.Key(HotBlock).Digest.Prefix64));

    [Fact]
    public Task Singleton_is_killed_and_no_replicated_block_is_missed() => KillAsync("singleton", cluster => cluster.Singleton);

    [Fact]
    public Task Holder_of_only_copies_is_killed_and_only_they_are_missed_until_it_is_back() => KillAsync("holder", victim: null);

    /// <param name="what">What the test is about.</param>
    /// <param name="victim">Who is killed; null for the node that holds the first block that has one copy.</param>
    private static async Task KillAsync(string what, Func<ClusterProcesses, int>? victim)
    {
        await using var cluster = await ClusterProcesses.StartAsync(what, Nodes);
        await using var load = new ClusterLoad(cluster.Cache);
        await load.CallsAsync(200);
        var holders = new Dictionary<int, int>();
        foreach (var number in SingleBlocks)
        {
            Assert.Null(await load.PutAsync(number, Once));
            holders.Add(number, Assert.Single(await cluster.HoldersAsync(TestBlock.Key(number))));
        }

        var killed = victim?.Invoke(cluster) ?? holders[SingleBlocks[0]];
        await cluster.Fleet.KillAsync(killed);
        await load.CallsAsync(200);
        await cluster.AgreeAsync(Enumerable.Range(0, Nodes).Where(node => node != killed));
        foreach (var number in load.Acknowledged)
            Assert.Null(await load.GetAsync(number));
        foreach (var (number, holder) in holders)
            Assert.Equal((number, holder == killed ? "miss: not here" : null), (number, await load.GetAsync(number)));

        await cluster.Fleet.RestartAsync(killed, TestContext.Current.CancellationToken);
        await cluster.AgreeAsync(Enumerable.Range(0, Nodes));
        await load.CallsAsync(200);
        foreach (var number in SingleBlocks)
            await Until.TrueAsync(async () => await load.GetAsync(number) is null, () => $"Block {number} of node {holders[number]} is not there again after node {killed} is.");
        await load.StopAsync();
        foreach (var number in load.Acknowledged)
            Assert.Null(await load.GetAsync(number));
        await cluster.EndAsync();
    }
}
