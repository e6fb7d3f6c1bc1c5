using Cascade.Hosting.Replay;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.EndToEnd;

/// <summary>
/// What a node keeps on the managed heap is bounded by its configuration and not by how much it did: four times the requests leave no more
/// behind. In this process, where a full collection can be asked for; alone in it, because other tests' garbage would count as well.
/// </summary>
[Collection(nameof(AloneInTheProcess))]
public sealed class ManagedHeapTests
{
    private const int BytesPerBlock = 16 << 10;

    /// <summary>The measured stretch puts some 150,000 blocks, or 20,000 with files: 7 or 50 bytes left behind by each would show.</summary>
    private const long GrowthMaxBytes = 1 << 20;

    /// <summary>What requests leave behind shows in each stretch; what the process itself sets up, as buffers of threads that tests before this one left, in one.</summary>
    private const int StretchesMax = 3;

    /// <summary>Twice what owners that are still awake and garbage come to.</summary>
    private const long PeakMaxBytes = 128 << 20;

    [Theory]
    [InlineData(false, 2_000)]
    [InlineData(true, 300)]
    public async Task Managed_heap_does_not_grow_with_the_number_of_requests(bool withColdTier, int count)
    {
        using var folder = new ColdFolder();
        string[] cold = withColdTier
            ? [$"cascade.tiers.cold.directory={folder.Path}", "cascade.tiers.cold.capacity=64MiB", "cascade.tiers.cold.file-size=4MiB"]
            : [];
        await using var node = await TestNode.StartAsync(["cascade.tiers.shm.capacity=32MiB", "cascade.actors.passivate-after=1s", .. cold]);
        using var runner = new ReplayRunner(node.Cache, BytesPerBlock, TimeProvider.System);
        var requests = ChatWorkload.Generate(ChatWorkloadSettings.Default with { Requests = (1 + StretchesMax) * 4 * count }, seed: 9).GetEnumerator();

        // The first stretch fills the arena and the files, so that both ends of a measured one are with full tiers that evict.
        await RunAsync(runner, requests, 4 * count);
        Assert.All((await node.Cache.StatAsync()).Tiers, tier => Assert.InRange(tier.Evicted, 1, long.MaxValue));
        var (before, after, peak, stretches) = (0L, long.MaxValue, 0L, 0);
        while (after - before >= GrowthMaxBytes && stretches < StretchesMax)
        {
            before = await SettledAsync();
            peak = await RunAsync(runner, requests, 4 * count);
            after = await SettledAsync();
            stretches++;
        }

        var tally = runner.Tally;
        Assert.Equal(((1 + stretches) * 4L * count, 0L, 0L), (tally.Requests, tally.Errors, tally.WrongBytes));
        Assert.True((await node.Cache.StatAsync()).Tiers[0].Evicted > 8 * count, "The load no longer fills the arena several times over.");
        var growth = after - before;
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"heap {before >> 10} KiB, then {after >> 10} KiB, at most {peak >> 10} KiB in between; "
            + $"committed {GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes >> 20} MiB");
        Assert.InRange(peak, 1, PeakMaxBytes);
        Assert.True(growth < GrowthMaxBytes, $"The heap grew from {before} to {after} bytes over {4 * count} requests.");
    }

    /// <summary>Gives the largest heap, garbage and owners that have not gone to sleep included.</summary>
    private static async Task<long> RunAsync(ReplayRunner runner, IEnumerator<TraceRequest> requests, int count)
    {
        var peak = 0L;
        Assert.True(await runner.RunAsync(
            Take(requests, count), () => peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false)), CancellationToken.None));
        return peak;
    }

    private static IEnumerable<TraceRequest> Take(IEnumerator<TraceRequest> requests, int count)
    {
        for (var i = 0; i < count && requests.MoveNext(); i++)
            yield return requests.Current;
    }

    /// <summary>What is alive once idle owners have gone to sleep, which is when the heap no longer shrinks over twice their idle time.</summary>
    private static async Task<long> SettledAsync()
    {
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        var lowest = GC.GetTotalMemory(forceFullCollection: true);
        for (var still = 0; still < 8; still++)
        {
            await poll.WaitForNextTickAsync();
            var now = GC.GetTotalMemory(forceFullCollection: true);
            if (now < lowest - (256 << 10))
                still = 0;
            lowest = Math.Min(lowest, now);
        }

        return lowest;
    }
}

/// <summary>Tests that need the process for themselves.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class AloneInTheProcess;
