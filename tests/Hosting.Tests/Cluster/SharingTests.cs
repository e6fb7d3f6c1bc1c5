using Cascade.Core.Identity;
using Cascade.Hosting.Tests.Embedding;

namespace Cascade.Hosting.Tests.Cluster;

/// <summary>What one node stored is found, read and deleted at every other.</summary>
public sealed class SharingTests
{
    private const int Count = 24;

    [Fact]
    public async Task Block_of_one_node_is_read_at_another()
    {
        await using var nodes = await TestNodes.StartAsync(3);
        for (var n = 0; n < Count; n++)
            Assert.Equal(PutStatus.Stored, (await nodes[n % 3].Cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n))).Status);
        for (var n = 0; n < Count; n++)
        {
            using var got = await nodes[(n + 1) % 3].Cache.GetAsync(Blocks.Key(n));
            Assert.True(got.IsHit, $"{n}: {got.MissReason}");
            Assert.Equal(TierKind.Remote, got.Lease.Tier);
            Assert.Equal(Blocks.Bytes(n), got.Lease.Span);
        }
    }

    [Fact]
    public async Task Same_bytes_put_at_two_nodes_are_stored_once()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        Assert.Equal(PutStatus.Stored, (await nodes[0].Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1))).Status);
        Assert.Equal(PutStatus.AlreadyPresent, (await nodes[1].Cache.PutAsync(Blocks.Key(2), Blocks.Bytes(1))).Status);
        using var got = await nodes[1].Cache.GetAsync(Blocks.Key(2));
        Assert.Equal(Blocks.Bytes(1), got.Lease.Span);
        Assert.Single((await nodes[1].Cache.StatAsync(Blocks.Key(2)))!.Block.Copies);
    }

    [Fact]
    public async Task Key_deleted_at_one_node_is_gone_at_all()
    {
        await using var nodes = await TestNodes.StartAsync(3);
        await nodes[0].Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1));
        Assert.True(await nodes[2].Cache.DeleteAsync(Blocks.Key(1)));
        for (var id = 0; id < 3; id++)
            Assert.False((await nodes[id].Cache.GetAsync(Blocks.Key(1))).IsHit);
        await Patience.UntilEmptyAsync(nodes[0].Cache);
    }

    [Fact]
    public async Task Block_read_three_times_at_another_node_is_brought_there()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        await nodes[0].Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1));
        for (var read = 0; read < 3; read++)
            (await nodes[1].Cache.GetAsync(Blocks.Key(1))).Dispose();
        await Patience.UntilAsync(async () => (await nodes[0].Cache.StatAsync(Blocks.Key(1)))!.Block.Copies.Count == 2);
        using var got = await nodes[1].Cache.GetAsync(Blocks.Key(1));
        Assert.Equal((TierKind.Shm, true), (got.Lease.Tier, got.Lease.Span.SequenceEqual(Blocks.Bytes(1))));
    }

    [Fact]
    public async Task Blocks_of_nodes_that_stay_are_found_when_one_leaves()
    {
        await using var nodes = await TestNodes.StartAsync(3);
        for (var n = 0; n < Count; n++)
            await nodes[n % 2].Cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n));
        await nodes.StopAsync(2);
        for (var n = 0; n < Count; n++)
        {
            using var got = await nodes[(n + 1) % 2].Cache.GetAsync(Blocks.Key(n));
            Assert.True(got.IsHit, $"{n}: {got.MissReason}");
        }
    }

    [Fact]
    public async Task Blocks_are_found_when_a_node_joins()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        for (var n = 0; n < Count; n++)
            await nodes[n % 2].Cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n));
        await nodes.AddAsync(2);
        for (var n = 0; n < Count; n++)
        {
            using var got = await nodes[2].Cache.GetAsync(Blocks.Key(n));
            Assert.True(got.IsHit, $"{n}: {got.MissReason}");
        }
    }
}
