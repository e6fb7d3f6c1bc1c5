using Cascade.Core.Tests.Eviction;
using Cascade.Core.Tracking;
using static Cascade.Core.Tests.Indices.Digests;

namespace Cascade.Core.Tests.Tracking;

public class AccessTrackerCoreTests
{
    [Fact]
    public void Estimate_counts_up_to_fifteen_and_no_further()
    {
        var tracker = new AccessTrackerCore(new AccessTrackerSettings());
        var prefix = Block(1).Prefix64;
        for (var count = 0; count < 20; count++)
        {
            Assert.Equal(Math.Min(count, 15), tracker.Estimate(prefix));
            tracker.Record(prefix);
        }
        Assert.Equal(0, tracker.Estimate(Block(2).Prefix64));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Estimate_on_a_zipf_stream_is_never_too_low_and_seldom_too_high(int seed)
    {
        const int Blocks = 4096, Reads = 20_000;
        var tracker = new AccessTrackerCore(new AccessTrackerSettings { ExpectedBlocks = Blocks });
        var zipf = new ZipfStream(Blocks, exponent: 0.8, seed);
        var exact = new int[Blocks + 1];
        for (var i = 0; i < Reads; i++)
        {
            var block = zipf.Next();
            exact[block]++;
            tracker.Record(Block(block).Prefix64);
        }
        var tooHigh = 0;
        for (var block = 1; block <= Blocks; block++)
        {
            var (count, estimate) = (Math.Min(exact[block], 15), tracker.Estimate(Block(block).Prefix64));
            Assert.True(estimate >= count, $"seed {seed}: block {block} was read {count} times, estimated {estimate}");
            tooHigh += estimate > count + 1 ? 1 : 0;
        }
        Assert.InRange(tooHigh, 0, Blocks / 20);
    }

    [Fact]
    public void Counts_are_halved_at_the_end_of_a_window()
    {
        var tracker = new AccessTrackerCore(new AccessTrackerSettings { ExpectedBlocks = 16, ReadsPerBlock = 2 });
        var (hot, other) = (Block(1).Prefix64, Block(2).Prefix64);
        for (var i = 0; i < 10; i++)
            tracker.Record(hot);
        for (var i = 0; i < 21; i++)
            tracker.Record(other);
        // The window is 32 reads; this is its last.
        Assert.Equal((10, 15), (tracker.Estimate(hot), tracker.Estimate(other)));
        tracker.Record(other);
        Assert.Equal((5, 7), (tracker.Estimate(hot), tracker.Estimate(other)));
    }

    [Fact]
    public void Third_remote_hit_promotes_and_counting_starts_over()
    {
        var tracker = new AccessTrackerCore(new AccessTrackerSettings());
        Assert.Equal([false, false, true, false, false, true],
            Enumerable.Range(0, 6).Select(_ => tracker.RecordRemoteHit(Block(1))));
    }

    [Fact]
    public void Remote_hits_fade_with_the_window()
    {
        var tracker = new AccessTrackerCore(new AccessTrackerSettings { ExpectedBlocks = 16, ReadsPerBlock = 1 });
        tracker.RecordRemoteHit(Block(1));
        for (var i = 0; i < 15; i++)
            tracker.Record(Block(2).Prefix64);
        Assert.Equal([false, false, true], Enumerable.Range(0, 3).Select(_ => tracker.RecordRemoteHit(Block(1))));
    }

    [Fact]
    public void Many_one_time_remote_reads_do_not_displace_a_block_on_its_way_up()
    {
        var tracker = new AccessTrackerCore(new AccessTrackerSettings { RemoteCandidates = 8 });
        tracker.RecordRemoteHit(Block(1));
        tracker.RecordRemoteHit(Block(1));
        for (var block = 2; block < 1000; block++)
            Assert.False(tracker.RecordRemoteHit(Block(block)));
        Assert.True(tracker.RecordRemoteHit(Block(1)));
    }

    [Fact]
    public void Drained_log_is_counted_and_nothing_is_allocated()
    {
        var tracker = new AccessTrackerCore(new AccessTrackerSettings());
        var log = new AccessLog(8);
        var (one, other) = (Block(1), Block(2));
        var (drained, allocated) = (0, long.MaxValue);

        // A collection that another test sets off meanwhile counts the rest of this thread's allocation buffer as allocated: the least counts.
        for (var round = 0; round < 4; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 3; i++)
                log.TryWrite(one.Prefix64);
            tracker.RecordRemoteHit(other);
            drained = tracker.Drain(log);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(3, drained);
        Assert.Equal(12, tracker.Estimate(one.Prefix64));
        Assert.Equal(0, allocated);
    }
}
