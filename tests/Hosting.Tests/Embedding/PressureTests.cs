using Cascade.Actors;
using Cascade.Core.Messages;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>What happens when memory, leases or patience run out.</summary>
public sealed class PressureTests
{
    private const int Block = 64 << 10;
    private const int BlocksThatFit = 128;

    [Fact]
    public async Task Full_memory_evicts_and_every_block_that_is_still_here_is_right()
    {
        await using var node = await TestNode.StartAsync();
        for (var n = 0; n < 3 * BlocksThatFit; n++)
            Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n))).Status);
        var hits = 0;
        for (var n = 0; n < 3 * BlocksThatFit; n++)
        {
            using var got = await node.Cache.GetAsync(Blocks.Key(n));
            if (!got.IsHit)
                continue;
            hits++;
            Assert.Equal(Blocks.Bytes(n), got.Lease.Span);
        }

        var memory = (await node.Cache.StatAsync()).Tiers[0];
        Assert.Equal(hits, memory.Blocks);
        Assert.InRange(hits, BlocksThatFit / 2, BlocksThatFit);
        Assert.Equal(3 * BlocksThatFit - hits, memory.Evicted);
    }

    [Fact]
    public async Task Leased_blocks_stay_and_a_put_that_finds_no_room_is_busy_at_its_deadline()
    {
        await using var node = await TestNode.StartAsync();
        var leases = await FillAndLeaseAsync(node.Cache);
        var put = await node.Cache.PutAsync(Blocks.Key(9999), Blocks.Bytes(9999), new PutOptions { Deadline = TimeSpan.FromMilliseconds(50) });
        Assert.Equal(PutStatus.Busy, put.Status);
        Assert.Contains("leased", put.Reason, StringComparison.Ordinal);

        // The next put waits; a lease that ends makes its room.
        var waiting = node.Cache.PutAsync(Blocks.Key(9999), Blocks.Bytes(9999), new PutOptions { Deadline = TimeSpan.FromSeconds(30) }).AsTask();
        leases[5].Dispose();
        Assert.Equal(PutStatus.Stored, (await waiting).Status);
        Assert.False((await node.Cache.GetAsync(Blocks.Key(5))).IsHit);
        for (var n = 0; n < BlocksThatFit; n++)
        {
            if (n == 5)
                continue;
            Assert.True(leases[n].IsHeld);
            Assert.Equal(Blocks.Bytes(n), leases[n].Span);
            leases[n].Dispose();
        }
    }

    [Fact]
    public async Task Lease_that_is_never_released_ends_by_its_time_and_frees_its_room()
    {
        await using var node = await TestNode.StartAsync("cascade.leases.duration=1s");
        var leases = await FillAndLeaseAsync(node.Cache);
        var put = await node.Cache.PutAsync(Blocks.Key(9999), Blocks.Bytes(9999), new PutOptions { Deadline = TimeSpan.FromSeconds(30) });
        Assert.Equal(PutStatus.Stored, put.Status);
        Assert.Contains(leases, lease => !lease.IsHeld);
    }

    [Fact]
    public async Task Leases_that_run_out_are_a_miss_with_the_reason()
    {
        await using var node = await TestNode.StartAsync("cascade.leases.max=2");
        await node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1));
        using var first = await node.Cache.GetAsync(Blocks.Key(1));
        using var second = await node.Cache.GetAsync(Blocks.Key(1));
        var third = await node.Cache.GetAsync(Blocks.Key(1));
        Assert.False(third.IsHit);
        Assert.Contains("cascade.leases.max", third.MissReason, StringComparison.Ordinal);
        second.Dispose();
        using var fourth = await node.Cache.GetAsync(Blocks.Key(1));
        Assert.True(fourth.IsHit);
    }

    /// <summary>The one descriptor is the block's, so its second key is in the key index alone and a get by it asks the owner.</summary>
    [Fact]
    public async Task Owner_that_has_no_lease_left_to_give_is_a_miss_with_the_reason_and_the_key_stays()
    {
        const int OwnersLeasesMax = 4096;
        await using var node = await TestNode.StartAsync("cascade.tiers.shm.max-blocks=1");
        var id = (await node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1))).Id;
        Assert.Equal(PutStatus.AlreadyPresent, (await node.Cache.PutAsync(Blocks.Key(2), Blocks.Bytes(1), new PutOptions { Id = id })).Status);
        var locate = new Locate(id, new Core.Identity.NodeId(0), TimeSpan.FromMinutes(1));
        var held = new List<Located>();
        for (var n = 0; n < OwnersLeasesMax; n++)
            held.Add(await node.Actors.Owners.Ask<Located>(locate));

        var miss = await node.Cache.GetAsync(Blocks.Key(2));
        Assert.Equal((false, "The block has as many leases as it may."), (miss.IsHit, miss.MissReason));
        node.Actors.Owners.Tell(new Release(id, held[0].Lease));
        using var hit = await node.Cache.GetAsync(Blocks.Key(2));
        Assert.Equal(Blocks.Bytes(1), hit.Lease.Span);
    }

    [Fact]
    public async Task Protected_blocks_survive_ten_times_the_memory_in_other_blocks()
    {
        await using var node = await TestNode.StartAsync();
        var prefix = Blocks.Chain(1_000_000, 16);
        await node.Cache.PutManyAsync(prefix.Select((key, i) => new BlockToPut(key, Blocks.Bytes(1_000_000 + i))).ToArray());
        Assert.Equal(new ProtectResult(ProtectStatus.Protected, 16), await node.Cache.ProtectAsync(prefix));
        for (var n = 0; n < 10 * BlocksThatFit; n++)
            await node.Cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n));
        Assert.Equal(16, await node.Cache.LongestPrefixAsync(prefix));

        await node.Cache.UnprotectAsync(prefix);
        Assert.Equal(0, (await node.Cache.StatAsync()).ProtectedBytes);
        for (var n = 0; n < 4 * BlocksThatFit; n++)
            await node.Cache.PutAsync(Blocks.Key(n + 50_000), Blocks.Bytes(n + 50_000));
        Assert.InRange(await node.Cache.LongestPrefixAsync(prefix), 0, 15);
    }

    [Fact]
    public async Task Protected_set_larger_than_its_quota_is_refused_in_words_and_changes_nothing()
    {
        await using var node = await TestNode.StartAsync("cascade.protection.quota-share=0.25");
        var prefix = Blocks.Chain(1, 40);
        await node.Cache.PutManyAsync(prefix.Select((key, i) => new BlockToPut(key, Blocks.Bytes(1 + i))).ToArray());
        var result = await node.Cache.ProtectAsync(prefix);
        Assert.Equal((ProtectStatus.QuotaExceeded, 32), (result.Status, result.Registered));
        Assert.Contains("cascade.protection.quota-share", result.Reason, StringComparison.Ordinal);
        var stat = await node.Cache.StatAsync();
        Assert.Equal((32L * Block, 32L * Block), (stat.ProtectedBytes, stat.ProtectedQuotaBytes));
    }

    [Fact]
    public async Task Protecting_a_key_that_names_nothing_says_so()
    {
        await using var node = await TestNode.StartAsync();
        var result = await node.Cache.ProtectAsync(new[] { Blocks.Key(1) });
        Assert.Equal((ProtectStatus.NotFound, 0), (result.Status, result.Registered));
        Assert.Contains("put it first", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deleted_block_can_be_read_to_the_end_of_its_lease_and_then_frees_its_room()
    {
        await using var node = await TestNode.StartAsync();
        await node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1));
        var held = await node.Cache.GetAsync(Blocks.Key(1));
        Assert.True(await node.Cache.DeleteAsync(Blocks.Key(1)));
        Assert.False((await node.Cache.GetAsync(Blocks.Key(1))).IsHit);
        Assert.Equal(Blocks.Bytes(1), held.Lease.Span);
        held.Dispose();
        Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(2), Blocks.Bytes(2, 8 << 20))).Status);
    }

    private static async Task<Core.Leases.BlockLease[]> FillAndLeaseAsync(ICascade cache)
    {
        var leases = new Core.Leases.BlockLease[BlocksThatFit];
        for (var n = 0; n < BlocksThatFit; n++)
        {
            Assert.Equal(PutStatus.Stored, (await cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n))).Status);
            leases[n] = (await cache.GetAsync(Blocks.Key(n))).Lease;
        }

        return leases;
    }
}
