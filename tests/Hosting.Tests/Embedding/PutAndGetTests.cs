using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Hosting.Tests.Embedding;

public sealed class PutAndGetTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(100_000)]
    [InlineData(3_000_001)]
    public async Task Block_comes_back_as_it_was_put(int length)
    {
        await using var node = await TestNode.StartAsync();
        var bytes = Blocks.Bytes(1, length);
        var put = await node.Cache.PutAsync(Blocks.Key(1), bytes);
        Assert.Equal(new PutResult(PutStatus.Stored, BlockDigest.Compute(DigestAlgorithm.Blake3, bytes)), put);

        using (var got = await node.Cache.GetAsync(Blocks.Key(1)))
        {
            Assert.True(got.IsHit);
            Assert.Equal(put.Id, got.Lease.Id);
            Assert.Equal(TierKind.Shm, got.Lease.Tier);
            Assert.Equal(bytes, got.Lease.Span);
        }

        var copy = new byte[length + 7];
        Assert.Equal(new GetIntoResult(true, length, TierKind.Shm), await node.Cache.GetIntoAsync(Blocks.Key(1), copy));
        Assert.Equal(bytes, copy[..length]);
    }

    [Fact]
    public async Task Sha256_cluster_names_blocks_by_sha256()
    {
        await using var node = await TestNode.StartAsync("cascade.cluster.digest=sha256");
        var bytes = Blocks.Bytes(1);
        var put = await node.Cache.PutAsync(Blocks.Key(1), bytes);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), put.Id.ToString());
    }

    [Fact]
    public async Task Key_that_names_nothing_is_a_miss_everywhere()
    {
        await using var node = await TestNode.StartAsync();
        Assert.Equal(GetResult.Miss, await node.Cache.GetAsync(Blocks.Key(1)));
        Assert.Equal(GetIntoResult.Miss, await node.Cache.GetIntoAsync(Blocks.Key(1), new byte[10]));
        Assert.Equal(0, await node.Cache.LongestPrefixAsync(Blocks.Chain(1, 3)));
        Assert.False(await node.Cache.DeleteAsync(Blocks.Key(1)));
        Assert.Null(await node.Cache.StatAsync(Blocks.Key(1)));
    }

    [Fact]
    public async Task Same_bytes_under_two_keys_are_stored_once_and_live_until_both_keys_are_deleted()
    {
        await using var node = await TestNode.StartAsync();
        var bytes = Blocks.Bytes(1);
        var first = await node.Cache.PutAsync(Blocks.Key(1), bytes);
        var second = await node.Cache.PutAsync(Blocks.Key(2), bytes);
        Assert.Equal(new PutResult(PutStatus.AlreadyPresent, first.Id), second);
        Assert.Equal(1, (await node.Cache.StatAsync()).Tiers[0].Blocks);

        Assert.True(await node.Cache.DeleteAsync(Blocks.Key(1)));
        Assert.False((await node.Cache.GetAsync(Blocks.Key(1))).IsHit);
        using (var other = await node.Cache.GetAsync(Blocks.Key(2)))
            Assert.Equal(bytes, other.Lease.Span);

        Assert.True(await node.Cache.DeleteAsync(Blocks.Key(2)));
        Assert.False((await node.Cache.GetAsync(Blocks.Key(2))).IsHit);
        await Patience.UntilEmptyAsync(node.Cache);
    }

    [Fact]
    public async Task Key_put_again_with_other_bytes_names_the_new_block()
    {
        await using var node = await TestNode.StartAsync();
        await node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1));
        await node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(2));
        using var got = await node.Cache.GetAsync(Blocks.Key(1));
        Assert.Equal(Blocks.Bytes(2), got.Lease.Span);
    }

    [Fact]
    public async Task Known_id_saves_the_copy_and_a_wrong_one_is_refused_without_a_trace()
    {
        await using var node = await TestNode.StartAsync();
        var bytes = Blocks.Bytes(1);
        var id = BlockDigest.Compute(DigestAlgorithm.Blake3, bytes);
        Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(1), bytes, new PutOptions { Id = id })).Status);
        Assert.Equal(PutStatus.AlreadyPresent, (await node.Cache.PutAsync(Blocks.Key(2), bytes, new PutOptions { Id = id })).Status);

        var other = BlockDigest.Compute(DigestAlgorithm.Blake3, Blocks.Bytes(9));
        var refused = await Assert.ThrowsAsync<ArgumentException>(
            () => node.Cache.PutAsync(Blocks.Key(3), Blocks.Bytes(3), new PutOptions { Id = other }).AsTask());
        Assert.Contains("not " + other, refused.Message, StringComparison.Ordinal);
        var memory = (await node.Cache.StatAsync()).Tiers[0];
        Assert.Equal((1, memory.CapacityBytes - (64 << 10)), (memory.Blocks, memory.FreeBytes));
        Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(9), Blocks.Bytes(9))).Status);
    }

    [Fact]
    public async Task Local_get_by_lease_allocates_nothing()
    {
        await using var node = await TestNode.StartAsync();
        await node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1));
        var key = Blocks.Key(1);
        Lease(node.Cache, key, 1000);

        // A collection that another test sets off meanwhile counts the rest of this thread's allocation buffer as allocated: the least counts.
        var allocated = long.MaxValue;
        for (var round = 0; round < 4; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Lease(node.Cache, key, 1000);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, allocated);

        static void Lease(ICascade cache, CacheKey key, int times)
        {
            for (var i = 0; i < times; i++)
            {
                var pending = cache.GetAsync(key);
                Assert.True(pending.IsCompletedSuccessfully);
                using var result = pending.Result;
                Assert.True(result.IsHit);
            }
        }
    }

    [Fact]
    public async Task Groups_keep_the_order_of_what_was_asked()
    {
        await using var node = await TestNode.StartAsync();
        var keys = Blocks.Chain(10, 20);
        var puts = await node.Cache.PutManyAsync(keys.Select((key, i) => new BlockToPut(key, Blocks.Bytes(10 + i))).ToArray());
        Assert.All(puts, put => Assert.Equal(PutStatus.Stored, put.Status));

        CacheKey[] asked = [.. keys, Blocks.Key(999)];
        Assert.Equal(20, await node.Cache.LongestPrefixAsync(asked));
        Assert.Equal(0, await node.Cache.LongestPrefixAsync(asked.Reverse().ToArray()));
        var gets = await node.Cache.GetManyAsync(asked);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(puts[i].Id, gets[i].Lease.Id);
            Assert.Equal(Blocks.Bytes(10 + i), gets[i].Lease.Span);
        }

        Assert.False(gets[20].IsHit);
        foreach (var get in gets)
            get.Dispose();
        Assert.Equal(0, (await node.Cache.StatAsync()).Leases);
    }

    [Fact]
    public async Task Stat_of_a_key_tells_copy_depth_and_reads()
    {
        await using var node = await TestNode.StartAsync();
        var chain = Blocks.Chain(1, 2);
        await node.Cache.PutAsync(chain[0], Blocks.Bytes(1));
        await node.Cache.PutAsync(chain[1], Blocks.Bytes(2, 5000));
        for (var i = 0; i < 3; i++)
            (await node.Cache.GetAsync(chain[1])).Dispose();
        var stat = (await node.Cache.StatAsync(chain[1]))!;
        Assert.Equal((5000, 1, Core.Messages.BlockState.Resident), (stat.LengthBytes, stat.Depth, stat.Block.State));
        Assert.InRange(stat.Frequency, 3, 15);
        Assert.Single(stat.Block.Copies);
    }
}
