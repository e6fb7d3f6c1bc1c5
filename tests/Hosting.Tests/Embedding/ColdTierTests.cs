using Cascade.Core.Identity;

using static Cascade.Hosting.Tests.Embedding.ColdCalls;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>A node whose memory overflows into files, through its embedding interface.</summary>
public sealed class ColdTierTests
{
    /// <summary>Three times what memory holds.</summary>
    private const int Many = 192;

    [Fact]
    public async Task Blocks_that_memory_cannot_hold_come_back_from_the_files()
    {
        using var folder = new ColdFolder();
        await using var node = await TestNode.StartAsync(folder.Settings());
        await PutAsync(node.Cache, 0, Many);
        var fromFiles = await ReadAsync(node.Cache, 0, Many);
        Assert.InRange(fromFiles, Many / 2, Many);

        var memory = await TierAsync(node.Cache, TierKind.Shm);
        var cold = await TierAsync(node.Cache, TierKind.Cold);
        Assert.True(memory.Demoted >= Many / 2, $"{memory}");
        Assert.True(memory.Promoted >= fromFiles, $"{memory}");
        Assert.Equal((0, 0, 0), (memory.Corrupt, memory.Dropped, memory.BusyAnswers));
        Assert.Equal((0, 0), (cold.Corrupt, cold.Evicted));
        Assert.True(cold.Blocks <= Many, $"{cold}");
    }

    [Fact]
    public async Task Durable_blocks_survive_the_loss_of_memory_and_others_that_were_never_demoted_do_not()
    {
        using var folder = new ColdFolder();
        await using (var node = await TestNode.StartAsync(folder.Settings()))
        {
            for (var n = 0; n < 10; n++)
                Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n), Durable)).Status);
            await PutAsync(node.Cache, 10, 5);
        }

        await using var next = await TestNode.StartAsync(folder.Settings());
        Assert.Equal(10, await next.Cache.LongestPrefixAsync(Enumerable.Range(0, 20).Select(n => Blocks.Key(n)).ToArray()));
        Assert.Equal(10, await ReadAsync(next.Cache, 0, 10));
        Assert.False((await next.Cache.GetAsync(Blocks.Key(10))).IsHit);
        Assert.Equal(10, (await TierAsync(next.Cache, TierKind.Cold)).Blocks);
    }

    [Fact]
    public async Task Durable_put_of_a_block_that_is_here_makes_its_further_key_durable_too()
    {
        using var folder = new ColdFolder();
        await using (var node = await TestNode.StartAsync(folder.Settings()))
        {
            Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1))).Status);
            Assert.Equal(PutStatus.AlreadyPresent, (await node.Cache.PutAsync(Blocks.Key(2), Blocks.Bytes(1), Durable)).Status);
        }

        await using var next = await TestNode.StartAsync(folder.Settings());
        using var got = await next.Cache.GetAsync(Blocks.Key(2));
        Assert.True(got.IsHit);
        Assert.Equal(Blocks.Bytes(1), got.Lease.Span);
    }

    [Fact]
    public async Task Every_key_of_a_demoted_block_survives_the_loss_of_memory()
    {
        using var folder = new ColdFolder();
        await using (var node = await TestNode.StartAsync(folder.Settings()))
        {
            await PutAsync(node.Cache, 0, 1);
            Assert.Equal(PutStatus.AlreadyPresent, (await node.Cache.PutAsync(Blocks.Key(7777), Blocks.Bytes(0))).Status);
            await PutAsync(node.Cache, 1, Many);
            Assert.DoesNotContain((await node.Cache.StatAsync(Blocks.Key(0)))!.Block.Copies, copy => copy.Tier == TierKind.Shm);
        }

        await using var next = await TestNode.StartAsync(folder.Settings());
        foreach (var key in (int[])[0, 7777])
        {
            using var got = await next.Cache.GetAsync(Blocks.Key(key));
            Assert.True(got.IsHit, $"key {key}");
            Assert.Equal(Blocks.Bytes(0), got.Lease.Span);
        }
    }

    [Fact]
    public async Task Deleted_block_is_gone_from_the_files_too_and_stays_gone()
    {
        using var folder = new ColdFolder();
        await using (var node = await TestNode.StartAsync(folder.Settings()))
        {
            await PutAsync(node.Cache, 0, Many);
            Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(5000), Blocks.Bytes(5000), Durable)).Status);
            foreach (var n in (int[])[3, 5000])
            {
                Assert.True(await node.Cache.DeleteAsync(Blocks.Key(n)));
                Assert.False(await node.Cache.DeleteAsync(Blocks.Key(n)));
                Assert.False((await node.Cache.GetAsync(Blocks.Key(n))).IsHit);
                Assert.Null(await node.Cache.StatAsync(Blocks.Key(n)));
            }
        }

        await using var next = await TestNode.StartAsync(folder.Settings());
        Assert.False((await next.Cache.GetAsync(Blocks.Key(3))).IsHit);
        Assert.False((await next.Cache.GetAsync(Blocks.Key(5000))).IsHit);
        Assert.True((await next.Cache.GetAsync(Blocks.Key(4))).IsHit);
    }

    [Fact]
    public async Task Block_that_is_in_the_files_alone_is_in_memory_after_it_was_put_again()
    {
        using var folder = new ColdFolder();
        await using var node = await TestNode.StartAsync(folder.Settings());
        await PutAsync(node.Cache, 0, Many);
        Assert.Equal([TierKind.Cold], await CopiesAsync(node.Cache, 0));
        Assert.Equal(PutStatus.AlreadyPresent, (await node.Cache.PutAsync(Blocks.Key(0), Blocks.Bytes(0))).Status);
        Assert.Equal([TierKind.Shm, TierKind.Cold], (await CopiesAsync(node.Cache, 0)).Order());
        using var got = await node.Cache.GetAsync(Blocks.Key(0));
        Assert.Equal(TierKind.Shm, got.Lease.Tier);
        Assert.Equal(Blocks.Bytes(0), got.Lease.Span);
    }

    [Fact]
    public async Task Concurrent_gets_of_a_block_in_the_files_read_it_once()
    {
        using var folder = new ColdFolder();
        await using var node = await TestNode.StartAsync(folder.Settings("cascade.tiers.cold.read-ahead=0"));
        await PutAsync(node.Cache, 0, Many);
        var before = await TierAsync(node.Cache, TierKind.Shm);
        var gets = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => node.Cache.GetAsync(Blocks.Key(0)).AsTask())));
        foreach (var got in gets)
        {
            Assert.True(got.IsHit, got.MissReason);
            Assert.Equal(Blocks.Bytes(0), got.Lease.Span);
            got.Dispose();
        }

        Assert.Equal(1, (await TierAsync(node.Cache, TierKind.Shm)).Promoted - before.Promoted);
    }

    [Fact]
    public async Task Rest_of_a_prefix_is_read_ahead_when_its_head_is_read()
    {
        using var folder = new ColdFolder();
        var chain = Blocks.Chain(0, 8);
        await using (var node = await TestNode.StartAsync(folder.Settings()))
        {
            for (var i = 0; i < chain.Length; i++)
                Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(chain[i], Blocks.Bytes(i), Durable)).Status);
        }

        await using var next = await TestNode.StartAsync(folder.Settings());
        using var head = await next.Cache.GetAsync(chain[0]);
        Assert.True(head.IsHit);
        await Patience.UntilAsync(async () => (await TierAsync(next.Cache, TierKind.Shm)).Promoted == chain.Length);
        using var last = await next.Cache.GetAsync(chain[^1]);
        Assert.Equal(TierKind.Shm, last.Lease.Tier);
        Assert.Equal(Blocks.Bytes(7), last.Lease.Span);
    }

    [Fact]
    public async Task Many_blocks_of_the_files_are_got_in_one_call_in_their_order()
    {
        using var folder = new ColdFolder();
        await using var node = await TestNode.StartAsync(folder.Settings());
        await PutAsync(node.Cache, 0, Many);
        var results = await node.Cache.GetManyAsync(Enumerable.Range(0, 40).Select(n => Blocks.Key(n)).Append(Blocks.Key(99_999)).ToArray());
        for (var n = 0; n < 40; n++)
        {
            Assert.True(results[n].IsHit, results[n].MissReason);
            Assert.Equal(Blocks.Bytes(n), results[n].Lease.Span);
            results[n].Dispose();
        }

        Assert.False(results[40].IsHit);
    }

    [Fact]
    public async Task Block_in_the_files_comes_into_memory_when_it_is_protected_and_stays_there()
    {
        using var folder = new ColdFolder();
        await using var node = await TestNode.StartAsync(folder.Settings());
        await PutAsync(node.Cache, 0, Many);
        Assert.Equal([TierKind.Cold], await CopiesAsync(node.Cache, 0));
        Assert.Equal(new ProtectResult(ProtectStatus.Protected, 1), await node.Cache.ProtectAsync(new[] { Blocks.Key(0) }));
        await PutAsync(node.Cache, 1000, Many);
        Assert.Contains(TierKind.Shm, await CopiesAsync(node.Cache, 0));
        using var got = await node.Cache.GetAsync(Blocks.Key(0));
        Assert.Equal(TierKind.Shm, got.Lease.Tier);
    }

    [Fact]
    public async Task Blocks_of_memory_and_files_are_both_there_after_a_stop_that_keeps_the_arena()
    {
        using var folder = new ColdFolder();
        var cluster = TestNode.UniqueName("keep");
        try
        {
            await using (var node = await TestNode.AttachAsync(cluster, folder.Settings()))
                await PutAsync(node.Cache, 0, Many);
            await using var next = await TestNode.AttachAsync(cluster, folder.Settings());
            await ReadAsync(next.Cache, 0, Many);
        }
        finally
        {
            TestNode.RemoveArena(cluster);
        }
    }
}
