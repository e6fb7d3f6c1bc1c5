using Cascade.Actors;
using Cascade.Core.Hashing;
using Cascade.Core.Leases;
using Cascade.Core.Messages;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>A put that its caller gives up leaves neither room nor a fill behind, at whatever moment that is.</summary>
public sealed class CancellationTests
{
    private const int CapacityBytes = 8 << 20;
    private const int Block = 64 << 10;
    private const int BlocksThatFit = CapacityBytes / Block;

    /// <summary>Far below the 30 s after which an owner takes an abandoned fill back by itself.</summary>
    private static readonly PutOptions AtOnce = new() { Deadline = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task Put_cancelled_before_it_starts_does_nothing()
    {
        await using var node = await TestNode.StartAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1), cancellationToken: new CancellationToken(true)).AsTask());
        Assert.Equal(CapacityBytes, (await node.Cache.StatAsync()).Tiers[0].FreeBytes);
        await AssertNothingIsLeftAsync(node.Cache, Blocks.Bytes(1));
    }

    [Fact]
    public async Task Put_cancelled_while_it_waits_for_room_leaves_none_behind()
    {
        await using var node = await TestNode.StartAsync();
        var leases = new BlockLease[BlocksThatFit];
        for (var n = 0; n < BlocksThatFit; n++)
        {
            Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(n), Blocks.Bytes(n))).Status);
            leases[n] = (await node.Cache.GetAsync(Blocks.Key(n))).Lease;
        }

        using var giveUp = new CancellationTokenSource();
        var bytes = Blocks.Bytes(9999, 4 * Block);
        var put = node.Cache.PutAsync(Blocks.Key(9999), bytes, new PutOptions { Deadline = TimeSpan.FromMinutes(1) }, giveUp.Token).AsTask();
        await Patience.UntilAsync(async () => (await node.Cache.StatAsync()).Tiers[0].WaitingPuts == 1);
        giveUp.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);
        Assert.Equal(0, (await node.Cache.StatAsync()).Tiers[0].WaitingPuts);

        foreach (var lease in leases)
            lease.Dispose();
        await AssertNothingIsLeftAsync(node.Cache, bytes);
    }

    /// <summary>
    /// The token fires while another writer of the same content fills it: this one waits for the outcome by then, or is still hashing.
    /// </summary>
    [Fact]
    public async Task Put_cancelled_while_it_waits_for_another_writer_lets_the_next_one_in()
    {
        await using var node = await TestNode.StartAsync();
        var bytes = Blocks.Bytes(1);
        var id = BlockDigest.Compute(DigestAlgorithm.Blake3, bytes);
        var other = await node.Actors.Owners.Ask<BeginGranted>(
            new Begin(id, new Core.Identity.NodeId(0), Block, TimeSpan.FromMinutes(1)));

        using var giveUp = new CancellationTokenSource();
        var put = node.Cache.PutAsync(Blocks.Key(1), bytes, new PutOptions { Id = id, Deadline = TimeSpan.FromMinutes(1) }, giveUp.Token).AsTask();
        Assert.Equal(BlockState.Filling, (await node.Actors.Owners.Ask<BlockDescription>(new Describe(id))).State);
        giveUp.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);

        // The other writer gives up as well: the turn passes to the put that has left, which has to hand it on.
        node.Actors.Owners.Tell(new Abort(id, other.Fill));
        await AssertNothingIsLeftAsync(node.Cache, bytes);
    }

    [Fact]
    public async Task Put_whose_token_fires_when_its_room_is_taken_and_the_hash_is_to_begin_leaves_nothing()
    {
        CancellationTokenSource? giveUp = null;
        await using var node = await TestNode.StartWatchedAsync(() => Volatile.Read(ref giveUp)?.Cancel(), "cascade.put.hash-threads=1");
        var bytes = Blocks.Bytes(1, CapacityBytes);
        for (var round = 0; round < 5; round++)
        {
            using var source = new CancellationTokenSource();
            Volatile.Write(ref giveUp, source);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => node.Cache.PutAsync(Blocks.Key(1), bytes, null, source.Token).AsTask());
            Assert.False((await node.Cache.GetAsync(Blocks.Key(1))).IsHit);
            Volatile.Write(ref giveUp, null);
            await AssertNothingIsLeftAsync(node.Cache, bytes);
        }
    }

    /// <summary>The same content can be put at once, and then blocks over the whole capacity.</summary>
    private static async Task AssertNothingIsLeftAsync(ICascade cache, byte[] bytes)
    {
        Assert.Equal(PutStatus.Stored, (await cache.PutAsync(Blocks.Key(1), bytes, AtOnce)).Status);
        Assert.True(await cache.DeleteAsync(Blocks.Key(1)));
        var whole = Blocks.Bytes(-1, CapacityBytes);
        Assert.Equal(PutStatus.Stored, (await cache.PutAsync(Blocks.Key(2), whole, AtOnce)).Status);
        Assert.True(await cache.DeleteAsync(Blocks.Key(2)));
        await Patience.UntilEmptyAsync(cache);
    }
}
