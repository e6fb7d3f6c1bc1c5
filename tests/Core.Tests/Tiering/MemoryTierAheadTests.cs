using Cascade.Core.Cold;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Tiering;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

/// <summary>Room for blocks that are read from the cold tier before anybody asked for them.</summary>
public sealed class MemoryTierAheadTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Room_that_is_there_is_given_but_for_the_last_of_it()
    {
        using var tier = new TierFixture(granules: 3, settings: WithCold);
        Assert.Equal([1L], Given(Need(tier, 1)));
        Assert.Equal([2L], Given(Need(tier, 2)));
        Assert.Empty(Need(tier, 3));
        Assert.IsType<Reserved>(Assert.Single(tier.Step(new Reserve(Granule, Minute))).Message);
    }

    [Fact]
    public void Blocks_wait_for_room_behind_all_puts_and_none_is_made_for_them()
    {
        using var tier = new TierFixture(granules: 2, settings: WithCold);
        var copies = new[] { tier.Put(1), tier.Put(2) };
        Assert.Empty(Need(tier, 7));
        tier.Step(new Reserve(Granule, Minute), "writer");
        var effects = tier.Step(new EvictGranted(Id(1), copies[0], WasLast: true));
        Assert.Equal("writer", Assert.Single(effects, e => e.Message is Reserved).To);
        Assert.Empty(Given(effects));
        tier.Step(new Drop(Id(2), copies[1]));
        tier.Step(new Cancel((effects.Select(e => e.Message).OfType<Reserved>().Single()).Reservation));
        Assert.Equal(2 * Granule, tier.Arena.FreeBytes + tier.Arena.Reservations * Granule);
        Assert.Equal(1, tier.Arena.Reservations);
    }

    [Fact]
    public void Block_that_finds_no_room_within_a_second_is_denied()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        tier.Put(1);
        Assert.Empty(Need(tier, 7));
        Assert.True(tier.Core.NeedsTicksSoon);
        tier.Now += TimeSpan.FromMilliseconds(999);
        Assert.Empty(tier.Tick());
        tier.Now += TimeSpan.FromMilliseconds(1);
        var denied = Assert.IsType<RoomDenied>(Assert.Single(tier.Tick()).Message);
        Assert.Equal((7L, true, "no room to spare came free in time"), (denied.Fetch, denied.WasAhead, denied.Reason));
        Assert.False(tier.Core.NeedsTicksSoon);
    }

    [Fact]
    public void Block_that_is_in_memory_by_then_is_denied()
    {
        using var tier = new TierFixture(granules: 4, settings: WithCold);
        tier.Put(1);
        Assert.Equal("it is in memory", Assert.IsType<RoomDenied>(Assert.Single(tier.Step(new RoomNeeded(7, Id(1), Granule, IsAhead: true), "cold")).Message).Reason);
    }

    [Fact]
    public void Block_that_is_asked_for_while_it_waits_for_room_has_room_made_once()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        Assert.Empty(Need(tier, 7));
        Assert.IsType<Evict>(Assert.Single(tier.Step(new RoomNeeded(7, Id(9), Granule), "cold")).Message);
        Assert.Equal([7L], Given(tier.Step(new EvictGranted(Id(1), copy, WasLast: true))));
        tier.Now += TimeSpan.FromSeconds(2);
        Assert.Empty(tier.Tick());
    }

    [Fact]
    public void Blocks_read_ahead_in_vain_have_no_others_go_but_for_one_in_sixteen()
    {
        var reads = new ArrivingReads(new OldestFirst(), 64);
        for (var n = 0; n < 10; n++)
            BringAhead(reads, isRead: n < 5);
        Assert.True(reads.MayReadAhead());
        BringAhead(reads, isRead: false);
        Assert.Equal(1, Enumerable.Range(0, 16).Count(_ => reads.MayReadAhead()));

        using var tier = new TierFixture(granules: 4, settings: WithCold with { HeadroomBytes = 2 * Granule }, policy: reads);
        Assert.Equal([1L], Given(Need(tier, 1)));
        Assert.Equal([2L], Given(Need(tier, 2)));
        Assert.Contains("too little was asked for", Assert.IsType<RoomDenied>(Assert.Single(Need(tier, 3)).Message).Reason, StringComparison.Ordinal);

        // It recovers as what was tried is asked for.
        BringAhead(reads, isRead: true);
        Assert.Equal([4L], Given(Need(tier, 4)));
    }

    [Fact]
    public void What_was_read_ahead_long_ago_counts_less_than_what_was_of_late()
    {
        var reads = new ArrivingReads(new OldestFirst(), 1);
        for (var n = 0; n < 1100; n++)
            BringAhead(reads, isRead: false);
        Assert.False(reads.MayReadAhead());
        for (var n = 0; n < 1100; n++)
            BringAhead(reads, isRead: true);
        Assert.True(reads.MayReadAhead());
    }

    private static void BringAhead(ArrivingReads reads, bool isRead)
    {
        reads.Await(0, isAhead: true);
        reads.Admit(0, Key(1), Granule);
        if (isRead)
            reads.Touch(0);
        reads.Remove(0, evicted: true);
    }

    private static List<Effect> Need(TierFixture tier, long fetch) => tier.Step(new RoomNeeded(fetch, Id((int)fetch + 100), Granule, IsAhead: true), "cold");

    private static IEnumerable<long> Given(List<Effect> effects) => effects.Select(e => e.Message).OfType<RoomGiven>().Select(given => given.Fetch);
}
