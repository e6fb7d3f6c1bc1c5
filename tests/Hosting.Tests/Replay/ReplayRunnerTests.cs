using Cascade.Core.Identity;
using Cascade.Hosting.Replay;

namespace Cascade.Hosting.Tests.Replay;

public sealed class ReplayRunnerTests : IDisposable
{
    private const int BytesPerBlock = 1000;

    private readonly StandInCache _cache = new();

    public void Dispose() => _cache.Dispose();

    [Fact]
    public async Task The_first_request_puts_all_and_the_second_reads_the_common_prefix()
    {
        var tally = await Replay([1, 2, 3], [1, 2, 4, 5]);
        Assert.Equal(2, tally.Requests);
        Assert.Equal(7, tally.BlocksAsked);
        Assert.Equal(2, tally.Hits);
        Assert.Equal(5, tally.Misses);
        Assert.Equal(5, tally.BlocksPut);
        Assert.Equal(0, tally.DedupHits);
        Assert.Equal(2 * BytesPerBlock, tally.GetBytes);
        Assert.Equal(5 * BytesPerBlock, tally.PutBytes);
        Assert.Equal((0L, 0L), (tally.WrongBytes, tally.Errors));
        Assert.Equal(2, tally.GetLatency.Count);
        Assert.Equal(0, _cache.LeasesOpen);
    }

    [Fact]
    public async Task Keys_carry_their_parent_and_depth_and_are_put_parents_first()
    {
        await Replay([7, 8, 9], [7, 3]);
        Assert.Equal([0, 1, 2, 1], _cache.Puts.Select(key => key.Depth));
        Assert.True(_cache.Puts[0].Parent.IsZero);
        Assert.Equal(_cache.Puts[0].Digest, _cache.Puts[1].Parent);
        Assert.Equal(_cache.Puts[1].Digest, _cache.Puts[2].Parent);
        Assert.Equal(_cache.Puts[0].Digest, _cache.Puts[3].Parent);
        Assert.Equal(4, _cache.Puts.Select(key => key.Digest).Distinct().Count());
    }

    [Fact]
    public async Task Hits_are_counted_by_the_tier_they_were_read_from()
    {
        _cache.TierOf = key => (TierKind)key.Depth;
        var tally = await Replay([1, 2, 3, 4], [1, 2, 3, 4], [1, 2]);
        Assert.Equal([2L, 2, 1, 1], Enum.GetValues<TierKind>().Select(tally.HitsOf));
        Assert.Equal(0.6, tally.HitRatio);
    }

    [Fact]
    public async Task Hosts_take_the_requests_in_turn_and_their_own_node_is_no_other()
    {
        using var second = new StandInCache();
        _cache.TierOf = second.TierOf = static _ => TierKind.Remote;
        _cache.Holder = second.Holder = new NodeId(1);
        ReplayHost[] hosts = [new(_cache, new NodeId(0)), new(second, new NodeId(1))];
        using var runner = new ReplayRunner(hosts, BytesPerBlock, TimeProvider.System);
        await runner.RunAsync(
            [RequestOf(1, 2), RequestOf(5), RequestOf(1, 2, 3), RequestOf(5, 6), RequestOf(1)], static () => { }, CancellationToken.None);
        Assert.Equal((3, 2), (_cache.Puts.Count, second.Puts.Count));
        Assert.Equal((3L, 1L), (runner.Tally.HitsOf(TierKind.Remote), runner.Tally.HitsOf(TierKind.Shm)));
    }

    [Fact]
    public async Task A_changed_byte_is_counted_and_still_a_hit()
    {
        await Replay([1, 2]);
        _cache.Corrupt(_cache.Puts[1], BytesPerBlock - 1);
        var tally = await Replay([1, 2]);
        Assert.Equal(1, tally.WrongBytes);
        Assert.Equal(2, tally.Hits);
        Assert.Equal(0, tally.Errors);
    }

    [Fact]
    public async Task A_block_under_the_wrong_key_is_wrong_in_nearly_every_byte()
    {
        await Replay([1]);
        _cache.Rename(_cache.Puts[0], KeyOf(2));
        var tally = await Replay([2]);
        Assert.InRange(tally.WrongBytes, BytesPerBlock - 30, BytesPerBlock);
    }

    [Fact]
    public async Task A_block_of_another_length_is_wrong_by_the_difference()
    {
        await Replay([1]);
        _cache.Truncate(_cache.Puts[0], 900);
        Assert.Equal(100, (await Replay([1])).WrongBytes);
    }

    [Fact]
    public async Task Bytes_that_changed_after_the_lease_ran_out_are_an_error_and_not_wrong()
    {
        await Replay([1]);
        _cache.Corrupt(_cache.Puts[0], 0);
        _cache.LeasesHold = false;
        var tally = await Replay([1]);
        Assert.Equal((0L, 1L, 0L), (tally.WrongBytes, tally.Errors, tally.Hits));
        Assert.Equal(["get: the lease ran out while the block was read; make cascade.leases.duration longer"], tally.Reasons);
    }

    [Fact]
    public async Task A_get_that_misses_inside_the_prefix_is_a_miss_and_put_again()
    {
        await Replay([1, 2, 3]);
        _cache.VanishedFromGets.Add(_cache.Puts[1].Digest);
        var tally = await Replay([1, 2, 3]);
        Assert.Equal((2L, 1L, 1L, 0L), (tally.Hits, tally.Misses, tally.BlocksPut, tally.Errors));
        Assert.Equal(1, tally.DedupHits);
    }

    [Fact]
    public async Task Blocks_beyond_a_gap_are_not_read()
    {
        using var cache = new StandInCache(capacityBlocks: 2);
        using var runner = new ReplayRunner(cache, BytesPerBlock, TimeProvider.System);
        await runner.RunAsync([RequestOf(1, 2, 3)], static () => { }, CancellationToken.None);
        await runner.RunAsync([RequestOf(1, 2, 3)], static () => { }, CancellationToken.None);
        Assert.Equal((0L, 6L, 6L), (runner.Tally.Hits, runner.Tally.BlocksPut, runner.Tally.Misses));
    }

    [Fact]
    public async Task Puts_that_were_not_stored_are_errors_with_reasons()
    {
        _cache.OnPut = key => key.Depth switch
        {
            0 => new PutResult(PutStatus.Busy, default, "no room came free"),
            1 => new PutResult(PutStatus.Refused, default, "larger than the tier"),
            _ => null,
        };
        var tally = await Replay([1, 2, 3], [4, 5, 6]);
        Assert.Equal((4, 2), (tally.Errors, tally.Outages));
        Assert.Equal(2, tally.BlocksPut);
        Assert.Equal(["put: Busy: no room came free", "put: Refused: larger than the tier"], tally.Reasons);
    }

    [Theory]
    [InlineData("prefix", "longest prefix: CascadeUnavailableException: no answer")]
    [InlineData("get", "get: CascadeUnavailableException: no answer")]
    [InlineData("put", "put: CascadeUnavailableException: no answer")]
    public async Task Exceptions_are_errors_and_the_replay_goes_on(string call, string reason)
    {
        await Replay([1, 2]);
        var failures = 1;
        _cache.BeforeCall = name =>
        {
            if (name == call && failures-- > 0)
                throw new CascadeUnavailableException("no answer");
        };
        var tally = await Replay([1, 2, 3], [1, 2, 3, 4]);
        Assert.Equal((1, 1), (tally.Errors, tally.Outages));
        Assert.Equal([reason], tally.Reasons);
        Assert.Equal(7, tally.BlocksAsked);
        Assert.Equal(7, tally.Hits + tally.Misses);
        Assert.Equal(2, tally.Requests);
    }

    [Fact]
    public async Task Only_the_first_different_reasons_are_kept()
    {
        var n = 0;
        _cache.OnPut = _ => new PutResult(PutStatus.Busy, default, $"reason {n++ / 2}");
        var tally = await Replay(Enumerable.Range(0, 40).Select(i => (ulong)i).ToArray());
        Assert.Equal(40, tally.Errors);
        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"put: Busy: reason {i}"), tally.Reasons);
    }

    [Fact]
    public async Task A_cache_that_only_fails_is_given_up()
    {
        _cache.BeforeCall = static _ => throw new CascadeUnavailableException("no answer");
        using var runner = new ReplayRunner(_cache, BytesPerBlock, TimeProvider.System);
        Assert.False(await runner.RunAsync(Enumerable.Repeat(RequestOf(1), 1000), static () => { }, CancellationToken.None));
        Assert.Equal(8, runner.Tally.Requests);
        Assert.Equal(16, runner.Tally.Errors);
    }

    [Fact]
    public async Task Cancelling_stops_between_calls_and_keeps_the_counts()
    {
        using var stop = new CancellationTokenSource();
        using var runner = new ReplayRunner(_cache, BytesPerBlock, TimeProvider.System);
        var requests = Enumerable.Range(0, 100).Select(i => RequestOf((ulong)i));
        await Assert.ThrowsAsync<OperationCanceledException>(() => runner.RunAsync(
            requests,
            () =>
            {
                if (runner.Tally.Requests == 10)
                    stop.Cancel();
            },
            stop.Token));
        Assert.Equal((10L, 10L, 0L), (runner.Tally.Requests, runner.Tally.BlocksPut, runner.Tally.Errors));
    }

    [Fact]
    public async Task A_long_request_is_put_in_batches_that_fit_the_buffers()
    {
        const int TwentyMiB = 20 << 20;
        using var runner = new ReplayRunner(_cache, TwentyMiB, TimeProvider.System);
        await runner.RunAsync([RequestOf(1, 2, 3, 4, 5)], static () => { }, CancellationToken.None);
        Assert.Equal(3, _cache.LargestPut);
        Assert.Equal(5, runner.Tally.BlocksPut);
        Assert.Equal([0, 1, 2, 3, 4], _cache.Puts.Select(key => key.Depth));
    }

    [Fact]
    public async Task Blocks_of_another_size_have_other_keys()
    {
        await Replay([1]);
        using var larger = new ReplayRunner(_cache, 2 * BytesPerBlock, TimeProvider.System);
        await larger.RunAsync([RequestOf(1)], static () => { }, CancellationToken.None);
        Assert.Equal((0L, 0L, 1L), (larger.Tally.WrongBytes, larger.Tally.Hits, larger.Tally.BlocksPut));
    }

    private static CacheKey KeyOf(ulong id) => new KeyChain(BytesPerBlock).Of([id]).Span[0];

    private static TraceRequest RequestOf(params ulong[] ids) => new(0, ids.Length * 512, 1, ids);

    private async Task<ReplayTally> Replay(params ulong[][] requests)
    {
        using var runner = new ReplayRunner(_cache, BytesPerBlock, TimeProvider.System);
        Assert.True(await runner.RunAsync(requests.Select(RequestOf), static () => { }, CancellationToken.None));
        return runner.Tally;
    }
}
