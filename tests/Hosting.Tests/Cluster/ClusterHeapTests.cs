using Cascade.Hosting.Tests.Embedding;

namespace Cascade.Hosting.Tests.Cluster;

/// <summary>What a cluster keeps of each block in managed memory, all nodes together: they are in one process here.</summary>
[Collection(nameof(Undisturbed))]
public sealed class ClusterHeapTests
{
    private const int Nodes = 3;
    private const int Count = 100_000;
    private const long MaxBytes = 100_000_000;

    [Fact]
    public async Task Hundred_thousand_blocks_take_at_most_100_megabytes()
    {
        await using var nodes = await TestNodes.StartAsync(
            Nodes, "cascade.tiers.shm.capacity=192MiB", "cascade.tiers.shm.max-blocks=49152", "cascade.tiers.shm.pre-fault=false", "cascade.actors.passivate-after=1s");
        await PutAsync(nodes, 0, 3000);
        var before = await SettledAsync();
        await PutAsync(nodes, 3000, Count);
        var after = await SettledAsync();
        var held = 0L;
        for (var id = 0; id < Nodes; id++)
            held += (await nodes[id].Cache.StatAsync()).Tiers[0].Blocks;
        Assert.Equal(3000 + Count, held);
        TestContext.Current.TestOutputHelper!.WriteLine($"{(after - before) / 1e6:0.0} MB for {Count} blocks");
        Assert.InRange(after - before, 1, MaxBytes);
    }

    private static Task PutAsync(TestNodes nodes, int first, int count) => Parallel.ForEachAsync(
        Enumerable.Range(first, count), new ParallelOptions { MaxDegreeOfParallelism = 16 },
        async (number, cancellation) =>
        {
            var put = await nodes[number % Nodes].Cache.PutAsync(Blocks.Key(number), Blocks.Bytes(number, 64), cancellationToken: cancellation);
            Assert.Equal((PutStatus.Stored, null), (put.Status, put.Reason));
        });

    /// <summary>What is alive once idle owners have gone to sleep, which is when the heap no longer shrinks over twice their idle time.</summary>
    private static async Task<long> SettledAsync()
    {
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        var lowest = GC.GetTotalMemory(forceFullCollection: true);
        for (var still = 0; still < 8; still++)
        {
            await poll.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            var now = GC.GetTotalMemory(forceFullCollection: true);
            if (now < lowest - (256 << 10))
                still = 0;
            lowest = Math.Min(lowest, now);
        }

        return lowest;
    }
}
