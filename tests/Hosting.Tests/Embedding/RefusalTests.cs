using Cascade.Core.Identity;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>Calls that can never work, and puts that this node never takes: told in words, at once, with nothing left behind.</summary>
public sealed class RefusalTests
{
    private const int CapacityBytes = 8 << 20;

    [Theory]
    [InlineData(0)]
    [InlineData(1025)]
    public void Key_outside_its_bounds_is_an_argument_error(int length)
    {
        var thrown = Assert.Throws<ArgumentException>(() => Blocks.Keys.Key(new byte[length]));
        Assert.StartsWith($"A key is 1 to 1024 bytes; this one has {length}.", thrown.Message, StringComparison.Ordinal);
        thrown = Assert.Throws<ArgumentException>(() => Blocks.Keys.Key(new byte[length], Blocks.Key(1)));
        Assert.Equal("key", thrown.ParamName);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public void Namespace_outside_its_bounds_is_an_argument_error(int length)
    {
        var thrown = Assert.Throws<ArgumentException>(() => new CacheNamespace(new string('n', length)));
        Assert.StartsWith($"A namespace is 1 to 256 bytes of UTF-8; this one has {length}.", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Longest_key_and_namespace_work()
    {
        await using var node = await TestNode.StartAsync();
        var key = new CacheNamespace(new string('n', 256)).Key(new byte[1024]);
        Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(key, Blocks.Bytes(1))).Status);
        using var got = await node.Cache.GetAsync(key);
        Assert.Equal(Blocks.Bytes(1), got.Lease.Span);
    }

    [Fact]
    public async Task Key_that_no_namespace_made_is_an_argument_error()
    {
        await using var node = await TestNode.StartAsync();
        var thrown = await Assert.ThrowsAsync<ArgumentException>(() => node.Cache.PutAsync(default, Blocks.Bytes(1)).AsTask());
        Assert.Contains("CacheNamespace.Key", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(GetResult.Miss, await node.Cache.GetAsync(default));
        Assert.False(await node.Cache.DeleteAsync(default));
    }

    [Fact]
    public async Task Block_of_no_bytes_is_refused()
    {
        await using var node = await TestNode.StartAsync();
        Assert.Equal(
            new PutResult(PutStatus.Refused, default, "A block has at least 1 byte; this one has none."),
            await node.Cache.PutAsync(Blocks.Key(1), ReadOnlyMemory<byte>.Empty));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => node.Cache.PutAsync(Blocks.Key(1), new NativeBytes(1, -1)).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => node.Cache.PutAsync(Blocks.Key(1), new NativeBytes(0, 1)).AsTask());
    }

    [Theory]
    [InlineData("cascade.tiers.shm.max-block=0", CapacityBytes)]
    [InlineData("cascade.tiers.shm.max-block=64KiB", 64 << 10)]
    public async Task Block_larger_than_the_tier_takes_is_refused_with_the_setting(string setting, int largest)
    {
        await using var node = await TestNode.StartAsync(setting);
        var refused = await node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1, largest + 1));
        Assert.Equal((PutStatus.Refused, default), (refused.Status, refused.Id));
        Assert.StartsWith(
            $"A block of {largest + 1} bytes does not fit: this tier takes 1 to {largest} bytes", refused.Reason, StringComparison.Ordinal);
        Assert.Contains("max-block", refused.Reason, StringComparison.Ordinal);
        Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1, largest))).Status);
    }

    [Fact]
    public async Task Acknowledgement_that_one_node_cannot_give_is_refused_in_words()
    {
        await using var node = await TestNode.StartAsync();
        foreach (var (acknowledgement, word) in ((Acknowledgement, string)[])
            [(Acknowledgement.Durable, "needs a cold tier"), (Acknowledgement.Replicated(2), "needs 2 nodes that store, and this cluster has 1")])
        {
            var options = new PutOptions { Acknowledgement = acknowledgement };
            var refused = await node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1), options);
            Assert.Equal(PutStatus.Refused, refused.Status);
            Assert.Contains(word, refused.Reason, StringComparison.Ordinal);
            Assert.Contains("use Acknowledgement.Memory", refused.Reason, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await node.Cache.StatAsync()).Tiers[0].Blocks);
        var one = new PutOptions { Acknowledgement = Acknowledgement.Replicated(1) };
        Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1), one)).Status);
    }

    [Fact]
    public async Task Deadline_of_nothing_takes_what_is_free_and_waits_for_nothing()
    {
        await using var node = await TestNode.StartAsync();
        var now = new PutOptions { Deadline = TimeSpan.Zero };
        Assert.Equal(PutStatus.Stored, (await node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1, CapacityBytes), now)).Status);
        using (await node.Cache.GetAsync(Blocks.Key(1)))
        {
            var busy = await node.Cache.PutAsync(Blocks.Key(2), Blocks.Bytes(2), now);
            Assert.Equal(PutStatus.Busy, busy.Status);
            Assert.Contains("no room for 65536 bytes came free in time", busy.Reason, StringComparison.Ordinal);
        }

        Assert.Equal(PutStatus.AlreadyPresent, (await node.Cache.PutAsync(Blocks.Key(2), Blocks.Bytes(1, CapacityBytes), now with
        {
            Id = Core.Hashing.BlockDigest.Compute(Core.Hashing.DigestAlgorithm.Blake3, Blocks.Bytes(1, CapacityBytes)),
        })).Status);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public async Task Deadline_outside_its_bounds_is_an_argument_error(long ticks)
    {
        await using var node = await TestNode.StartAsync();
        var deadline = TimeSpan.FromTicks(ticks);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => node.Cache.PutAsync(Blocks.Key(1), Blocks.Bytes(1), new PutOptions { Deadline = deadline }).AsTask());
        var get = new GetOptions { Deadline = deadline };
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => node.Cache.GetAsync(Blocks.Key(1), get).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => node.Cache.LongestPrefixAsync(new[] { Blocks.Key(1) }, get).AsTask());
        Assert.Equal(CapacityBytes, (await node.Cache.StatAsync()).Tiers[0].FreeBytes);
    }
}
