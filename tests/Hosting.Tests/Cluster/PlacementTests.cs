using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.Hosting.Tests.Cluster;

/// <summary>What is put where memory is full goes to a node with room.</summary>
[Collection(nameof(Undisturbed))]
public sealed class PlacementTests
{
    /// <summary>Blocks that one node takes: 8 MiB of 64 KiB each.</summary>
    private const int Fits = 128;

    [Fact]
    public async Task Put_to_full_memory_goes_to_the_node_with_room_and_drives_nothing_out()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        var count = Fits * 3 / 2;
        await FillAsync(nodes[0].Cache, 0, count);
        for (var n = 0; n < count; n++)
        {
            using var got = await nodes[n % 2].Cache.GetAsync(Blocks.Key(n));
            Assert.True(got.IsHit, $"{n}: {got.MissReason}");
            Assert.Equal(Blocks.Bytes(n), got.Lease.Span);
        }

        var (here, there) = (await MemoryOf(nodes[0].Cache), await MemoryOf(nodes[1].Cache));
        Assert.Equal((0L, 0L), (here.Evicted, there.Evicted));
        Assert.True(here.Blocks > Fits * 9 / 10, $"{here}");
        Assert.Single((await nodes[0].Cache.StatAsync(Blocks.Key(count - 1)))!.Block.Copies);
    }

    [Fact]
    public async Task Full_memory_with_files_demotes_only_when_all_nodes_are_full()
    {
        using var folder = new ColdFolder();
        await using var nodes = await TestNodes.StartAsync(2, folder.Settings("cascade.tiers.shm.capacity=8MiB"));
        await FillAsync(nodes[0].Cache, 0, Fits * 3 / 2);
        Assert.Equal((0L, 0L), ((await MemoryOf(nodes[0].Cache)).Demoted, (await MemoryOf(nodes[1].Cache)).Demoted));
        await FillAsync(nodes[0].Cache, 1000, Fits);
        Assert.True((await MemoryOf(nodes[0].Cache)).Demoted > 0);
        Assert.Equal(0, (await MemoryOf(nodes[1].Cache)).Demoted);
        for (var n = 0; n < Fits * 3 / 2; n++)
        {
            using var got = await nodes[0].Cache.GetAsync(Blocks.Key(n));
            Assert.True(got.IsHit, $"{n}: {got.MissReason}");
        }
    }

    [Fact]
    public async Task Puts_go_on_by_eviction_when_all_nodes_are_full()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        await FillAsync(nodes[0].Cache, 0, Fits * 3);
        for (var n = Fits * 3 - 16; n < Fits * 3; n++)
        {
            using var got = await nodes[0].Cache.GetAsync(Blocks.Key(n));
            Assert.True(got.IsHit, $"{n}: {got.MissReason}");
        }

        Assert.True((await MemoryOf(nodes[0].Cache)).Evicted > 0);
        Assert.Equal(0, (await MemoryOf(nodes[1].Cache)).Evicted);
    }

    [Fact]
    public async Task Node_alone_uses_all_of_its_memory()
    {
        await using var nodes = await TestNodes.StartAsync(1);
        await FillAsync(nodes[0].Cache, 0, Fits);
        var memory = await MemoryOf(nodes[0].Cache);
        Assert.Equal((Fits, 0L, 0L), (memory.Blocks, memory.FreeBytes, memory.Evicted));
    }

    [Fact]
    public async Task Client_puts_where_nothing_is_driven_out()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        var client = await nodes.AddAsync(70_000, "cascade.node.client=true", "cascade.tiers.shm.capacity=1MiB");

        // A node that has not heard of the client yet cannot bring anything from there.
        await nodes.AgreeAsync();
        await FillAsync(client.Cache, 0, Fits * 3 / 2);
        Assert.Equal((0L, 0L), ((await MemoryOf(nodes[0].Cache)).Evicted, (await MemoryOf(nodes[1].Cache)).Evicted));
    }

    [Fact]
    public async Task Copy_that_was_brought_near_is_the_first_to_go()
    {
        await using var nodes = await TestNodes.StartAsync(2);

        // Node 0 keeps but what puts pass through, so it takes nothing in.
        await FillAsync(nodes[0].Cache, 0, Fits * 31 / 32);
        await FillAsync(nodes[1].Cache, 1000, Fits - 8);
        for (var read = 0; read < 3; read++)
            (await nodes[1].Cache.GetAsync(Blocks.Key(0))).Dispose();
        await Patience.UntilAsync(async () => (await nodes[0].Cache.StatAsync(Blocks.Key(0)))!.Block.Copies.Count == 2);
        await FillAsync(nodes[1].Cache, 2000, 8);
        Assert.Equal(1, (await MemoryOf(nodes[1].Cache)).Evicted);
        Assert.Equal(nodes[0].Cluster.Members.Self, Assert.Single((await nodes[1].Cache.StatAsync(Blocks.Key(0)))!.Block.Copies).Node);
    }

    private static async Task FillAsync(ICascade cache, int first, int count)
    {
        for (var n = first; n < first + count; n++)
        {
            var put = await cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n));
            Assert.Equal((PutStatus.Stored, null), (put.Status, put.Reason));
        }
    }

    private static async Task<TierReport> MemoryOf(ICascade cache) => (await cache.StatAsync()).Tiers.Single(static tier => tier.Tier == TierKind.Shm);
}

/// <summary>A node that does not answer for a second is passed over, so other tests are not to take the processors.</summary>
[CollectionDefinition(nameof(Undisturbed), DisableParallelization = true)]
public sealed class Undisturbed;
