using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Log;

namespace Cascade.Core.Tests.Cold;

/// <summary>What is worth a write where something has to be dropped for it.</summary>
public sealed class ColdWorthTests
{
    private const int Page = LogRecordHeader.SizeBytes;

    /// <summary>Eight files of eight blocks.</summary>
    private static readonly ColdSettings Full = ColdHarness.Small with
    {
        FileBytes = 16 * Page,
        CapacityBytes = 8 * 16 * Page,
        CheckpointEveryBytes = long.MaxValue,
        GroupDelay = TimeSpan.Zero,
        QueueMax = 1000,
    };

    [Fact]
    public void Chance_of_what_is_dropped_is_what_a_sample_showed_and_zero_before()
    {
        var worth = new DroppedWorth();
        for (var n = 0; n < 15; n++)
            worth.Count(wasRead: n % 3 == 0);
        Assert.Equal(0, worth.Chance);
        worth.Count(wasRead: false);
        Assert.Equal(5 / 16.0, worth.Chance);
        for (var n = 0; n < 20_000; n++)
            worth.Count(wasRead: true);
        Assert.InRange(worth.Chance, 0.99, 1);
    }

    [Fact]
    public void One_block_in_thirty_two_is_kept_to_see_and_others_in_another_file()
    {
        var first = Enumerable.Range(0, 6400).Where(n => DroppedWorth.IsSample(new BlockId(Digest(n)), 1)).ToList();
        var second = Enumerable.Range(0, 6400).Where(n => DroppedWorth.IsSample(new BlockId(Digest(n)), 2)).ToList();
        Assert.InRange(first.Count, 150, 250);
        Assert.InRange(first.Intersect(second).Count(), 0, 20);
    }

    /// <summary>A load of which exactly those blocks are asked for that the log would have dropped.</summary>
    [Fact]
    public void Copy_that_promises_less_than_what_would_be_dropped_for_it_is_not_written()
    {
        var store = new ColdHarness(5, Full);
        store.Recover();
        Assert.True(IsAdmitted(store, 1, chance: 0));
        var isRefused = false;
        for (var n = 2; n < 3000 && !isRefused; n++)
        {
            Assert.True(IsAdmitted(store, n, chance: 1), $"{n}");
            if (n % 32 == 0)
                ReadAllOlderThan(store, n - 60);
            isRefused = n % 64 == 0 && !IsAdmitted(store, 100_000 + n, chance: 0.2);
        }

        Assert.True(isRefused);
        Assert.True(store.Core.Report.Figures.NotAdmitted > 0);

        // What is to be durable, and what is there already, is no question of worth.
        var durable = store.Put(200_001, 200_001, 1, durable: true, chance: 0);
        Assert.IsType<ColdStored>(store.Outcome(durable));
        Assert.IsType<ColdStored>(store.Outcome(store.Put(200_001, 200_001, 2, durable: false, chance: 0)));
    }

    [Fact]
    public void Where_there_is_room_every_copy_is_written()
    {
        var store = new ColdHarness(5, Full);
        store.Recover();
        for (var n = 1; n <= 32; n++)
            Assert.True(IsAdmitted(store, n, chance: 0));
    }

    private static bool IsAdmitted(ColdHarness store, int n, double chance) => store.Outcome(store.Put(n, n, 1, durable: false, chance: chance)) is ColdStored;

    private static void ReadAllOlderThan(ColdHarness store, int last)
    {
        for (var n = Math.Max(1, last - 400); n < last; n++)
            store.FetchBlock(n);
        store.Settle(1);
    }

    private static byte[] Digest(int n)
    {
        var digest = new byte[32];
        BitConverter.TryWriteBytes(digest, (ulong)n * 0x9E3779B97F4A7C15);
        return digest;
    }
}
