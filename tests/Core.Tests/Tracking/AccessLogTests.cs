using Cascade.Core.Tracking;

namespace Cascade.Core.Tests.Tracking;

public class AccessLogTests
{
    [Fact]
    public void Notes_come_out_in_their_order()
    {
        var log = new AccessLog(4);
        for (var lap = 0UL; lap < 5; lap++)
        {
            for (var i = 0UL; i < 3; i++)
                Assert.True(log.TryWrite((lap * 10) + i));
            for (var i = 0UL; i < 3; i++)
            {
                Assert.True(log.TryRead(out var prefix));
                Assert.Equal((lap * 10) + i, prefix);
            }
            Assert.False(log.TryRead(out _));
        }
    }

    [Fact]
    public void Full_ring_loses_the_note_and_counts_it()
    {
        var log = new AccessLog(3);
        Assert.Equal(4, log.Capacity);
        Assert.Equal([true, true, true, true, false, false], Enumerable.Range(0, 6).Select(i => log.TryWrite((ulong)i)));
        Assert.Equal(2, log.Lost);
        Assert.True(log.TryRead(out var first));
        Assert.Equal(0UL, first);
        Assert.True(log.TryWrite(9));
    }

    [Fact]
    public void Notes_of_several_threads_are_drained_whole_or_counted_as_lost()
    {
        const int Writers = 3;
        const ulong Each = 50_000;
        var log = new AccessLog(256);
        var written = 0;
        var drained = new ulong[Writers];
        var last = new ulong[Writers];
        var torn = 0;
        void Take(ulong prefix)
        {
            // Both halves of a note carry the same number, so that a mix of two notes shows; the low bits name the writer.
            var (high, low) = (prefix >> 32, prefix & 0xFFFF_FFFF);
            var writer = low % Writers;
            if (high != low || low <= last[writer])
                torn++;
            last[writer] = low;
            drained[writer]++;
        }
        var writers = Enumerable.Range(0, Writers).Select(writer => new Thread(() =>
        {
            for (var i = 1UL; i <= Each; i++)
            {
                var note = (i * Writers) + (ulong)writer;
                // A full ring is left to the reader, or most notes of a fast writer would be lost and few be put to the test.
                if (!log.TryWrite((note << 32) | note))
                    Thread.Yield();
            }
            Interlocked.Increment(ref written);
        })).ToArray();
        foreach (var writer in writers)
            writer.Start();
        while (Volatile.Read(ref written) < Writers)
        {
            if (log.TryRead(out var prefix))
                Take(prefix);
        }
        foreach (var writer in writers)
            writer.Join();
        while (log.TryRead(out var prefix))
            Take(prefix);

        Assert.Equal(0, torn);
        Assert.Equal(Writers * (long)Each, drained.Sum(count => (long)count) + log.Lost);
        Assert.True(drained.Sum(count => (long)count) >= log.Capacity);
    }
}
