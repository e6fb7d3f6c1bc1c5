using Cascade.Core.Identity;
using Cascade.Hosting.Node;
using Cascade.Hosting.Tests.Embedding;
using static Cascade.Hosting.Tests.Embedding.ColdCalls;

namespace Cascade.Hosting.Tests.Cluster;

/// <summary>Nodes whose cold files lie in one directory read each other's.</summary>
public sealed class SharedColdTests
{
    private const string Shared = "cascade.tiers.cold.shared=true";

    /// <summary>Blocks of 64 KiB that are put: three times what the memory of a node takes.</summary>
    private const int Count = 192;

    [Fact]
    public async Task Block_in_the_files_of_another_node_is_read_from_them_and_stays_here()
    {
        using var folder = new ColdFolder();
        await using var nodes = await TestNodes.StartAsync(1, folder.Settings(Shared));
        var block = await FillAsync(nodes);
        var before = await TierAsync(nodes[0].Cache, TierKind.Shm);
        await ReadAsync(nodes[1].Cache, block, TierKind.Cold);
        Assert.Equal((1, 0, 0), FiguresOf(nodes[1]));
        var after = await TierAsync(nodes[0].Cache, TierKind.Shm);
        Assert.Equal((before.Blocks, before.Published), (after.Blocks, after.Published));
        await ReadAsync(nodes[1].Cache, block, TierKind.Shm);
        Assert.Equal((1, 0, 0), FiguresOf(nodes[1]));
        await Patience.UntilAsync(async () => (await CopiesAsync(nodes[0].Cache, block)).Length == 2);
    }

    private static async Task<int> FillAsync(TestNodes nodes)
    {
        await PutAsync(nodes[0].Cache, 0, Count);
        await nodes.AddAsync(1);
        await nodes.AgreeAsync();
        for (var n = 0; n < Count; n++)
        {
            if (await CopiesAsync(nodes[0].Cache, n) is [TierKind.Cold])
                return n;
        }

        throw new InvalidOperationException("No block is in the files alone.");
    }

    private static async Task ReadAsync(ICascade cache, int n, TierKind tier)
    {
        using var got = await cache.GetAsync(Blocks.Key(n));
        Assert.True(got.IsHit, $"{n}: {got.MissReason}");
        Assert.Equal(Blocks.Bytes(n), got.Lease.Span);
        Assert.Equal(tier, got.Lease.Tier);
    }

    private static (long Read, long FellBack, long Corrupt) FiguresOf(CascadeNode node)
    {
        var shared = ((CascadeCache)node.Cache).Shared!;
        return (shared.Read, shared.FellBack, shared.Corrupt);
    }
}
