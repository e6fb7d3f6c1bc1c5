using Cascade.Core.Clocks;

namespace Cascade.Core.Tests.Clocks;

public class HybridClockTests
{
    private readonly HybridClock _clock = new(TimeSpan.FromSeconds(1));

    [Fact]
    public void Stamp_follows_physical_time_and_counts_within_a_millisecond()
    {
        Assert.Equal("1000.0", _clock.Next(1000).ToString());
        Assert.Equal("1000.1", _clock.Next(1000).ToString());
        Assert.Equal("1001.0", _clock.Next(1001).ToString());
    }

    [Fact]
    public void Stamp_rises_when_physical_time_jumps_back()
    {
        _clock.Next(1000);
        Assert.Equal("1000.1", _clock.Next(400).ToString());
        Assert.Equal("1000.2", _clock.Next(0).ToString());
    }

    [Fact]
    public void Full_counter_carries_into_the_milliseconds()
    {
        var clock = new HybridClock(TimeSpan.Zero, new HybridTimestamp((1000UL << HybridTimestamp.CounterBits) | 0xFFFF));
        Assert.Equal("1001.0", clock.Next(1000).ToString());
    }

    [Fact]
    public void Observed_stamp_is_surpassed()
    {
        _clock.Next(1000);
        Assert.True(_clock.Observe(new HybridTimestamp((1500UL << HybridTimestamp.CounterBits) | 7), 1000));
        Assert.Equal("1500.8", _clock.Next(1001).ToString());
        Assert.True(_clock.Observe(new HybridTimestamp(3), 1001));
        Assert.Equal("1500.9", _clock.Next(1001).ToString());
    }

    [Fact]
    public void Stamp_too_far_ahead_is_refused_and_changes_nothing()
    {
        _clock.Next(1000);
        Assert.True(_clock.Observe(new HybridTimestamp(2000UL << HybridTimestamp.CounterBits), 1000));
        Assert.False(_clock.Observe(new HybridTimestamp(2001UL << HybridTimestamp.CounterBits), 1000));
        Assert.Equal("2000.0", _clock.Last.ToString());
    }

    [Fact]
    public void Time_outside_its_range_is_a_fault()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _clock.Next(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _clock.Next(1L << 48));
    }

    [Fact]
    public void Random_use_gives_stamps_later_than_all_before()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var clock = new HybridClock(TimeSpan.FromMilliseconds(50));
            var (last, physical) = (default(HybridTimestamp), 1000L);
            for (var step = 0; step < 1000; step++)
            {
                physical = Math.Max(0, physical + random.Next(-5, 6));
                if (random.Next(3) == 0)
                {
                    var remote = new HybridTimestamp((ulong)(physical + random.Next(100)) << HybridTimestamp.CounterBits);
                    var isNear = remote.UnixTimeMilliseconds <= physical + 50;
                    Assert.True(clock.Observe(remote, physical) == isNear, $"seed {seed}, step {step}");
                    last = isNear && remote > last ? remote : last;
                }
                var next = clock.Next(physical);
                Assert.True(
                    next > last && next.UnixTimeMilliseconds >= physical, $"seed {seed}, step {step}: {next} after {last}");
                last = next;
            }
        }
    }

    [Fact]
    public void Threads_never_get_one_stamp_twice()
    {
        const int Threads = 4, Each = 20_000;
        var stamps = new HybridTimestamp[Threads * Each];
        Parallel.For(0, Threads, thread =>
        {
            for (var i = 0; i < Each; i++)
                stamps[(thread * Each) + i] = _clock.Next(1000);
        });
        Assert.Equal(stamps.Length, stamps.Distinct().Count());
        for (var i = 1; i < Each; i++)
            Assert.True(stamps[i] > stamps[i - 1]);
    }
}
