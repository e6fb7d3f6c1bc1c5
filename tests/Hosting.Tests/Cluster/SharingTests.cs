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
    public async Task Block_read_again_is_found_where_it_was_without_its_owner()
    {
        await using var nodes = await TestNodes.StartAsync(3, "cascade.tracker.promote-after-hits=255");
        await nodes[0].Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1));
        for (var read = 0; read < 3; read++)
        {
            using var got = await nodes[1].Cache.GetAsync(Blocks.Key(1));
            Assert.Equal((TierKind.Remote, true), (got.Lease.Tier, got.Lease.Span.SequenceEqual(Blocks.Bytes(1))));
            Assert.Equal(read, ((CascadeCache)nodes[1].Cache).Known.RightGuesses);
        }
    }

    [Fact]
    public async Task Key_that_was_deleted_or_names_another_block_is_not_read_where_it_was()
    {
        await using var nodes = await TestNodes.StartAsync(3);
        await nodes[0].Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1));
        await nodes[0].Cache.PutAsync(Blocks.Key(2), Blocks.Bytes(1));
        (await nodes[1].Cache.GetAsync(Blocks.Key(1))).Dispose();
        (await nodes[1].Cache.GetAsync(Blocks.Key(2))).Dispose();

        // The block itself stays where it is, under the other key.
        Assert.True(await nodes[2].Cache.DeleteAsync(Blocks.Key(1)));
        Assert.False((await nodes[1].Cache.GetAsync(Blocks.Key(1))).IsHit);
        await nodes[2].Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(3));
        using (var got = await nodes[1].Cache.GetAsync(Blocks.Key(1)))
            Assert.Equal(Blocks.Bytes(3), got.Lease.Span);
        await nodes[0].Cache.PutAsync(Blocks.Key(2), Blocks.Bytes(4));
        using (var got = await nodes[1].Cache.GetAsync(Blocks.Key(2)))
            Assert.Equal(Blocks.Bytes(4), got.Lease.Span);
        Assert.Equal(0, ((CascadeCache)nodes[1].Cache).Known.RightGuesses);
    }

    [Fact]
    public async Task Block_copied_again_is_the_one_that_the_key_names_by_then()
    {
        await using var nodes = await TestNodes.StartAsync(3, "cascade.tracker.promote-after-hits=255");
        var into = new byte[Blocks.Bytes(1).Length + 7];
        await nodes[0].Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1));
        for (var read = 0; read < 3; read++)
        {
            Assert.Equal(new GetIntoResult(true, into.Length - 7, TierKind.Remote), await nodes[1].Cache.GetIntoAsync(Blocks.Key(1), into));
            Assert.Equal(Blocks.Bytes(1), into[..^7]);
            Assert.Equal(read, ((CascadeCache)nodes[1].Cache).Known.RightGuesses);
            Array.Clear(into);
        }

        // A destination that is too short is told so; the block that the key named before is still where it was.
        await Assert.ThrowsAsync<ArgumentException>(() => nodes[1].Cache.GetIntoAsync(Blocks.Key(1), new byte[10]).AsTask());
        await nodes[0].Cache.PutAsync(Blocks.Key(2), Blocks.Bytes(1));
        await nodes[0].Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(4));
        Assert.True((await nodes[1].Cache.GetIntoAsync(Blocks.Key(1), into)).IsHit);
        Assert.Equal(Blocks.Bytes(4), into[..^7]);
        Assert.True(await nodes[2].Cache.DeleteAsync(Blocks.Key(1)));
        Assert.Equal(GetIntoResult.Miss, await nodes[1].Cache.GetIntoAsync(Blocks.Key(1), into));
    }

    [Fact]
    public async Task Block_that_left_where_it_was_known_to_be_is_found_where_it_is()
    {
        await using var nodes = await TestNodes.StartAsync(3);
        await nodes[2].Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1));
        (await nodes[1].Cache.GetAsync(Blocks.Key(1))).Dispose();
        await nodes.StopAsync(2);
        await nodes[0].Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1));
        using var got = await nodes[1].Cache.GetAsync(Blocks.Key(1));
        Assert.Equal((true, new NodeId(0)), (got.IsHit, got.Holder));
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

    [Fact]
    public async Task Replicated_block_outlives_the_node_that_it_was_put_at()
    {
        await using var nodes = await TestNodes.StartAsync(3);
        var options = new PutOptions { Acknowledgement = Acknowledgement.Replicated(2) };
        for (var n = 0; n < Count; n++)
            Assert.Equal((PutStatus.Stored, null), StatusOf(await nodes[2].Cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n), options)));
        await nodes.StopAsync(2);
        for (var n = 0; n < Count; n++)
        {
            using var got = await nodes[n % 2].Cache.GetAsync(Blocks.Key(n));
            Assert.True(got.IsHit, $"{n}: {got.MissReason}");
            Assert.Equal(Blocks.Bytes(n), got.Lease.Span);
        }
    }

    [Fact]
    public async Task More_replicas_than_nodes_are_refused()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        var put = await nodes[0].Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1), new PutOptions { Acknowledgement = Acknowledgement.Replicated(3) });
        Assert.Equal(PutStatus.Refused, put.Status);
    }

    [Fact]
    public async Task What_a_client_put_outlives_the_client()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        var client = await nodes.AddAsync(70_000, "cascade.node.client=true", "cascade.tiers.shm.capacity=1MiB");
        for (var n = 0; n < Count; n++)
            Assert.Equal((PutStatus.Stored, null), StatusOf(await client.Cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n))));
        Assert.Equal((PutStatus.AlreadyPresent, null), StatusOf(await client.Cache.PutAsync(Blocks.Key(1000), Blocks.Bytes(0))));
        using (var got = await client.Cache.GetAsync(Blocks.Key(0)))
        {
            Assert.True(got.IsHit, $"{got.MissReason} {await client.Cache.StatAsync(Blocks.Key(0))} {string.Join(' ', (await client.Cache.StatAsync(Blocks.Key(0)))?.Block.Copies ?? [])}");
            Assert.Equal((TierKind.Remote, true), (got.Lease.Tier, got.Lease.Span.SequenceEqual(Blocks.Bytes(0))));
        }

        Assert.Equal(new ProtectResult(ProtectStatus.Protected, 1), await client.Cache.ProtectAsync(new[] { Blocks.Key(1) }));
        await nodes.StopAsync(70_000);
        for (var n = 0; n < Count; n++)
        {
            using var got = await nodes[n % 2].Cache.GetAsync(Blocks.Key(n));
            Assert.True(got.IsHit, $"{n}: {got.MissReason}");
        }
    }

    [Fact]
    public async Task Block_protected_at_another_node_stays_in_memory()
    {
        await using var nodes = await TestNodes.StartAsync(2);
        await nodes[0].Cache.PutAsync(Blocks.Key(0), Blocks.Bytes(0));
        Assert.Equal(new ProtectResult(ProtectStatus.Protected, 1), await nodes[1].Cache.ProtectAsync(new[] { Blocks.Key(0) }));
        for (var n = 1; n < 300; n++)
            await nodes[0].Cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n));
        using var got = await nodes[1].Cache.GetAsync(Blocks.Key(0));
        Assert.True(got.IsHit, got.MissReason);
        await nodes[1].Cache.UnprotectAsync(new[] { Blocks.Key(0) });
    }

    [Fact]
    public async Task Prefix_that_lies_on_several_nodes_is_found_and_read_as_a_group()
    {
        await using var nodes = await TestNodes.StartAsync(3);
        var chain = Blocks.Chain(0, 100);
        for (var n = 0; n < chain.Length; n++)
            await nodes[n % 3].Cache.PutAsync(chain[n], Blocks.Bytes(n, 4096));
        await nodes[0].Cache.DeleteAsync(chain[90]);
        for (var id = 0; id < 3; id++)
        {
            Assert.Equal(90, await nodes[id].Cache.LongestPrefixAsync(chain));
            var got = await nodes[id].Cache.GetManyAsync(chain);
            for (var n = 0; n < chain.Length; n++)
            {
                Assert.Equal(n != 90, got[n].IsHit);
                Assert.True(n == 90 || got[n].Lease.Span.SequenceEqual(Blocks.Bytes(n, 4096)));
                got[n].Dispose();
            }
        }
    }

    private static (PutStatus Status, string? Reason) StatusOf(PutResult result) => (result.Status, result.Reason);
}
