using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Tiers.Fabric;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Fabric;

/// <summary>Clients that do not keep to the protocol: each loses its connection for a reason, and a sound one beside it notices nothing.</summary>
public sealed class BulkServerTests
{
    [Fact]
    public async Task Garbage_of_any_seed_is_closed_and_hurts_nothing_else()
    {
        await using var node = new BulkSandbox(options => options with { MaxServeTime = TimeSpan.FromSeconds(2) });
        using var client = node.Client();
        var copy = node.Box.Put(1);
        for (var seed = 1; seed <= 40; seed++)
        {
            var random = new Random(seed);
            using var garbage = await node.ConnectAsync();
            var isOpened = seed % 2 == 0;
            if (isOpened)
                await garbage.OpenAsync();
            var bytes = new byte[random.Next(BulkFrames.RequestBytes, 4000)];
            random.NextBytes(bytes);
            await garbage.WriteAsync(bytes);
            Assert.Equal(isOpened ? BulkCloseReason.Malformed : BulkCloseReason.WrongProtocol, await node.NextFaultAsync());
            await garbage.AssertClosedAsync();
        }

        await AssertServesAsync(node, client, copy);
        Assert.Equal(40, node.Server.Faults);
        Assert.Equal(0, node.Box.Readers.HeldLeases);
    }

    [Fact]
    public async Task Sound_frame_with_any_byte_changed_is_answered_stale_or_closed_but_never_with_other_bytes()
    {
        await using var node = new BulkSandbox();
        var copy = node.Box.Put(1);
        var frame = new byte[BulkFrames.RequestBytes];
        BulkFrames.WriteRequest(frame, new BulkRequest(1, copy, 0, 5000, 60_000));
        var (stale, malformed) = (0, 0);

        // Slot, generation, offset and length of the copy, and what is to be zero: what may not be anything else.
        foreach (var at in Enumerable.Range(16, 24).Concat(Enumerable.Range(52, 12)))
        {
            using var client = await node.ConnectAsync();
            await client.OpenAsync();
            var changed = (byte[])frame.Clone();
            changed[at] ^= 0x55;
            await client.WriteAsync(changed);
            var reply = await client.ReadAsync(BulkFrames.ReplyBytes);
            switch ((BulkStatus)BitConverter.ToUInt32(reply, 4))
            {
                case BulkStatus.Stale:
                    stale++;
                    break;
                case BulkStatus.Malformed:
                    malformed++;
                    await client.AssertClosedAsync();
                    break;
                default:
                    Assert.Fail($"The frame with byte {at} changed was answered as if it were sound.");
                    break;
            }
        }

        Assert.Equal((36, true), (stale + malformed, malformed >= 12));
    }

    [Theory]
    [InlineData(0, 1 << 20, (1 << 20) + 1, "more than a request may ask for")]
    [InlineData(0, 5000, 5001, "more than the copy has")]
    [InlineData(1, 5000, 5000, "beyond the copy's end")]
    [InlineData(-1, 5000, 5000, "before the copy")]
    [InlineData(long.MaxValue, 5000, 5000, "beyond all numbers")]
    [InlineData(0, 5000, 0, "nothing")]
    [InlineData(0, 5000, -1, "less than nothing")]
    public async Task Request_out_of_range_is_refused(long skipBytes, long copyBytes, int lengthBytes, string what)
    {
        await using var node = new BulkSandbox(options => options with { MaxRequestBytes = 1 << 20 });
        var copy = node.Box.Put(1, (2 << 20));
        using var client = await node.ConnectAsync();
        await client.OpenAsync();
        await client.AskAsync(new BulkRequest(1, copy with { LengthBytes = Math.Max(copyBytes, lengthBytes > 1 << 20 ? copy.LengthBytes : 0) }, skipBytes, lengthBytes, 1000));
        var reply = await client.ReadAsync(BulkFrames.ReplyBytes);
        Assert.True((BulkStatus)BitConverter.ToUInt32(reply, 4) == BulkStatus.Malformed, what);
        await client.AssertClosedAsync();
        Assert.Equal(BulkCloseReason.Malformed, await node.NextFaultAsync());
    }

    [Fact]
    public async Task Half_an_opening_and_half_a_request_end_in_their_deadlines()
    {
        var clock = new ManualClock();
        await using var node = new BulkSandbox(time: clock);
        using var opening = await node.ConnectAsync();
        await opening.ReadAsync(BulkFrames.GreetingBytes);
        await opening.WriteAsync(new byte[10]);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(BulkCloseReason.HandshakeTimedOut, await node.NextFaultAsync());
        await opening.AssertClosedAsync();

        // A request that is answered says that the server waits for the next one.
        using var idle = await node.ConnectAsync();
        await idle.OpenAsync();
        await idle.AskAsync(new BulkRequest(1, new CopyLocation(BulkSandbox.Holder, TierKind.Shm, 0, 2, 0, 10), 0, 10, 60_000));
        await idle.ReadAsync(BulkFrames.ReplyBytes);
        await idle.WriteAsync(new byte[10]);
        await AssertEndsAsync(clock, TimeSpan.FromMinutes(2), BulkCloseReason.Idle, node);
        await idle.AssertClosedAsync();
    }

    [Fact]
    public async Task Slow_reader_loses_its_connection_and_its_hold_on_the_copy()
    {
        const int Length = 60 << 20;
        var clock = new ManualClock();
        await using var node = new BulkSandbox(time: clock);
        var copy = node.Box.Put(1, Length);
        using var slow = await node.ConnectAsync();
        await slow.OpenAsync();
        await slow.AskAsync(new BulkRequest(1, copy, 0, Length, uint.MaxValue));
        await slow.ReadAsync(BulkFrames.ReplyBytes + 1000);
        Assert.False(node.Box.Arena.TryFree(copy.Slot, copy.Generation));
        clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(1, node.Box.Readers.HeldLeases);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(BulkCloseReason.SlowReader, await node.NextFaultAsync());
        Assert.True(node.Box.Arena.TryFree(copy.Slot, copy.Generation));
    }

    [Fact]
    public async Task Lease_that_ends_while_the_copy_is_sent_is_told_of_behind_the_bytes()
    {
        const int Length = 60 << 20;
        await using var node = new BulkSandbox();
        var copy = node.Box.Put(1, Length);
        using var reader = await node.ConnectAsync();
        await reader.OpenAsync();
        await reader.AskAsync(new BulkRequest(7, copy, 0, Length, 60_000));
        await reader.ReadAsync(BulkFrames.ReplyBytes);
        node.Box.Arena.Dispose();
        Assert.True((await reader.ReadAsync(Length)).AsSpan().SequenceEqual(Bytes(1, Length)));
        var trailer = await reader.ReadAsync(BulkFrames.TrailerBytes);
        Assert.True(BulkFrames.TryReadTrailer(trailer, new BulkRequest(7, copy, 0, Length, 0), out var status));
        Assert.Equal(BulkStatus.Stale, status);
    }

    [Fact]
    public async Task Connection_beyond_the_limit_is_closed_and_a_place_that_comes_free_is_given_again()
    {
        await using var node = new BulkSandbox(options => options with { MaxConnections = 1 });
        using var client = node.Client();
        var copy = node.Box.Put(1);
        using (var first = await node.ConnectAsync())
        {
            await first.OpenAsync();
            using var second = await node.ConnectAsync();
            Assert.Equal(BulkCloseReason.TooManyConnections, await node.NextFaultAsync());
            await second.AssertClosedAsync();

            // Half a request, then the end: told of as the last thing that the connection does.
            await first.WriteAsync(new byte[10]);
        }

        Assert.Equal(BulkCloseReason.Malformed, await node.NextFaultAsync());
        while (node.Server.ConnectionCount > 0)
            await Task.Yield();
        await AssertServesAsync(node, client, copy);
    }

    [Fact]
    public async Task Wrong_proof_is_refused_before_any_request_is_read()
    {
        await using var node = new BulkSandbox();
        using var client = await node.ConnectAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => client.OpenAsync("guess"));
        Assert.Equal(BulkCloseReason.WrongCluster, await node.NextFaultAsync());
    }

    [Fact]
    public async Task Address_in_use_is_an_error_that_says_what_to_do()
    {
        await using var node = new BulkSandbox();
        var failure = Assert.Throws<IOException>(() => new BulkSandbox(options => options with { EndPoint = node.Server.EndPoint }));
        Assert.Contains("Set another address or port", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>The server arms its timer at some moment after its answer: time moves until it has.</summary>
    private static async Task AssertEndsAsync(ManualClock clock, TimeSpan span, BulkCloseReason reason, BulkSandbox node)
    {
        var fault = node.NextFaultAsync();
        while (!fault.IsCompleted)
        {
            clock.Advance(span);
            await Task.Yield();
        }

        Assert.Equal(reason, await fault);
    }

    private static async Task AssertServesAsync(BulkSandbox node, BulkClient client, CopyLocation copy)
    {
        using var into = new TargetMemory(5000);
        Assert.Equal(Core.Fabric.PullResult.Done, await client.PullAsync(into.Want(copy)));
        into.AssertIs(Bytes(1, 5000));
        Assert.NotNull(node);
    }
}
