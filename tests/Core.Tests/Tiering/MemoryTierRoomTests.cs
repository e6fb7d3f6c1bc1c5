using Cascade.Core.Cold;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

/// <summary>Room for blocks that are read from the cold tier, and room that is kept free ahead of need.</summary>
public sealed class MemoryTierRoomTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Room_that_was_filled_is_published_announced_and_known_to_be_flushed()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var given = Give(tier, 7, 5, Granule);
        var effect = Assert.Single(tier.Step(new RoomFilled(7, Id(1), given.Memory, Key(1)), "cold"));
        Assert.True(tier.Arena.TryFind(Key(1).Key, out var copy, out var id, out _));
        Assert.Equal((Id(1), given.Memory.Address), (id, copy.OffsetBytes));
        Assert.Equal(new Effect(Destination.Owners, new AddCopy(Id(1), copy)), effect);
        var report = tier.Report();
        Assert.Equal((1L, 1L), (report.Promoted, report.Published));

        tier.Step(new Reserve(1, Minute), "writer");
        Assert.Equal("writer", Assert.Single(tier.Step(new EvictGranted(Id(1), copy, WasLast: false))).To);
        Assert.Empty(tier.Step(new RoomFilled(7, Id(1), given.Memory, Key(1)), "cold"));
    }

    [Fact]
    public void Room_filled_with_a_block_that_a_put_brought_meanwhile_is_given_back_and_its_key_bound()
    {
        using var tier = new TierFixture(granules: 3, settings: WithCold);
        var given = Give(tier, 7, 5, Granule);
        var copy = tier.Put(1);
        Assert.Empty(tier.Step(new RoomFilled(7, Id(1), given.Memory, Key(2)), "cold"));
        Assert.True(tier.Arena.TryFind(Key(2).Key, out var named, out _, out _));
        Assert.Equal((copy, 2L * Granule, 0L), (named, tier.Arena.FreeBytes, tier.Report().Promoted));

        // The key of the put is not flushed for that.
        tier.Step(new Reserve(3 * Granule, Minute));
        Assert.Equal(2, ErrandsIn(tier.Step(new EvictGranted(Id(1), copy, WasLast: false))).Count);
    }

    [Fact]
    public void Flushed_copy_stays_so_when_it_is_read_once_more()
    {
        using var tier = new TierFixture(granules: 2, settings: WithCold);
        var (first, second) = (Give(tier, 1, 5, Granule), Give(tier, 2, 5, Granule));
        tier.Step(new RoomFilled(1, Id(1), first.Memory, Key(1)), "cold");
        tier.Step(new RoomFilled(2, Id(1), second.Memory, Key(2)), "cold");
        Assert.True(tier.Arena.TryFind(Id(1), out var copy));
        tier.Step(new Reserve(2 * Granule, Minute), "writer");
        Assert.Equal("writer", Assert.Single(tier.Step(new EvictGranted(Id(1), copy, WasLast: false))).To);
    }

    [Fact]
    public void Room_filled_with_a_registered_block_is_published_and_stays()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var given = Give(tier, 7, 5, Granule);
        tier.Protected.Add(Id(1));
        tier.Step(new RoomFilled(7, Id(1), given.Memory, default), "cold");
        Assert.Empty(tier.Step(new Reserve(1, Minute)));
        Assert.True(tier.Arena.TryFind(Id(1), out _));
    }

    [Fact]
    public void Room_that_was_returned_goes_to_the_next()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var given = Give(tier, 7, 5, Granule);
        Assert.Empty(tier.Step(new Reserve(1, Minute), "writer"));
        var effect = Assert.Single(tier.Step(new RoomReturned(7, given.Memory), "cold"));
        Assert.Equal("writer", effect.To);
        Assert.Empty(tier.Step(new RoomReturned(7, given.Memory with { Address = 99 }), "cold"));
    }

    [Fact]
    public void Reads_and_puts_wait_for_room_in_one_queue()
    {
        using var tier = new TierFixture(granules: 2, settings: WithCold);
        var copy = tier.Put(1, granules: 2);
        tier.Step(new Reserve(Granule, Minute), "put");
        Assert.Empty(tier.Step(new RoomNeeded(3, Id(9), Granule), "cold"));
        tier.Store(Assert.Single(tier.Demote(1, copy)));
        var effects = tier.Step(new EvictGranted(Id(1), copy, WasLast: false));
        Assert.Equal(["put", "cold"], effects.Select(e => e.To));
        Assert.Equal(3, Assert.IsType<RoomGiven>(effects[1].Message).Fetch);
    }

    [Fact]
    public void Room_that_does_not_come_free_in_time_or_never_will_is_denied()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold with { WaitingPutsMax = 1 });
        tier.Protected.Add(Id(1));
        tier.Put(1);
        Assert.Contains("does not fit", Denied(tier.Step(new RoomNeeded(1, Id(9), 2 * Granule), "cold")), StringComparison.Ordinal);
        Assert.Empty(tier.Step(new RoomNeeded(2, Id(9), 1), "cold"));
        Assert.Contains("1 puts wait", Denied(tier.Step(new RoomNeeded(3, Id(9), 1), "cold")), StringComparison.Ordinal);
        tier.Now += WithCold.RoomTimeout;
        Assert.Contains("came free in time", Denied(tier.Tick()), StringComparison.Ordinal);
        Assert.Equal(0, tier.Report().BusyAnswers);
    }

    [Fact]
    public void Copy_whose_writer_has_nothing_to_commit_is_announced_by_the_tier_before_its_writer_knows()
    {
        using var tier = new TierFixture(granules: 2, settings: WithCold);
        var reserved = (Reserved)Assert.Single(tier.Step(new Reserve(Granule, Minute))).Message;
        var effects = tier.Step(new Publish(reserved.Reservation, Id(1), Key(1), Announce: true), "writer");
        var copy = Assert.IsType<Published>(effects[1].Message).Copy;
        Assert.Equal([new Effect(Destination.Owners, new AddCopy(Id(1), copy)), new Effect("writer", new Published(copy))], effects);

        reserved = (Reserved)Assert.Single(tier.Step(new Reserve(Granule, Minute))).Message;
        effects = tier.Step(new Publish(reserved.Reservation, Id(1), Key(2), Announce: true), "writer");
        Assert.Equal(new Effect(Destination.Owners, new AddCopy(Id(1), copy)), effects[0]);
    }

    [Fact]
    public void What_is_missing_of_the_headroom_is_asked_for_and_no_more()
    {
        using var tier = new TierFixture(granules: 8, settings: WithCold with { HeadroomBytes = 2 * Granule });
        var copies = Enumerable.Range(1, 6).Select(n => tier.Put(n)).ToList();
        Assert.False(tier.Core.NeedsTicksSoon);
        var effects = tier.Step(new Reserve(1, Minute), "writer");
        Assert.IsType<Reserved>(effects.Single(e => e.To is "writer").Message);
        Assert.Equal([Id(1)], effects.Select(e => e.Message).OfType<Evict>().Select(e => e.Id));
        Assert.True(tier.Core.NeedsTicksSoon);
        Assert.Empty(tier.Tick());

        tier.Store(Assert.Single(tier.Demote(1, copies[0])));
        Assert.Empty(tier.Step(new EvictGranted(Id(1), copies[0], WasLast: false)));
        Assert.Equal(2 * Granule, tier.Arena.FreeBytes);
        Assert.False(tier.Core.NeedsTicksSoon);
        Assert.Empty(tier.Tick());
    }

    [Fact]
    public void Descriptors_are_kept_free_in_the_share_in_which_bytes_are()
    {
        using var tier = new TierFixture(granules: 64, slots: 8, settings: WithCold with { HeadroomBytes = 16 * Granule });
        var copies = Enumerable.Range(1, 6).Select(n => tier.Put(n)).ToList();
        Assert.False(tier.Core.NeedsTicksSoon);
        var effects = tier.Step(new Reserve(1, Minute), "writer");
        Assert.Equal([Id(1)], effects.Select(e => e.Message).OfType<Evict>().Select(e => e.Id));
        Assert.Empty(tier.Tick());

        tier.Store(Assert.Single(tier.Demote(1, copies[0])));
        Assert.Empty(tier.Step(new EvictGranted(Id(1), copies[0], WasLast: false)));
        Assert.Equal(2, tier.Arena.FreeSlots);
        Assert.False(tier.Core.NeedsTicksSoon);
        Assert.Empty(tier.Tick());
    }

    [Fact]
    public void Descriptors_for_all_who_wait_are_asked_for_at_once()
    {
        using var tier = new TierFixture(granules: 64, slots: 4, settings: WithCold);
        for (var n = 1; n <= 4; n++)
            tier.Put(n);
        var asked = Enumerable.Range(0, 3).SelectMany(_ => tier.Step(new Reserve(1, Minute))).Select(e => e.Message).OfType<Evict>();
        Assert.Equal([Id(1), Id(2), Id(3)], asked.Select(e => e.Id));
    }

    [Fact]
    public void Copy_granted_when_the_headroom_is_there_again_stays()
    {
        using var tier = new TierFixture(granules: 4, settings: WithCold with { HeadroomBytes = Granule });
        var copies = Enumerable.Range(1, 3).Select(n => tier.Put(n)).ToList();
        var reserved = tier.Step(new Reserve(1, Minute)).Select(e => e.Message).OfType<Reserved>().Single();
        tier.Step(new Cancel(reserved.Reservation));
        Assert.Equal(
            [new Effect(Destination.Owners, new AddCopy(Id(1), copies[0]))], tier.Step(new EvictGranted(Id(1), copies[0], WasLast: true)));
    }

    [Fact]
    public void Headroom_that_nothing_may_leave_for_is_looked_for_once_in_a_pause_and_puts_are_not_held_up()
    {
        using var tier = new TierFixture(granules: 4, settings: WithCold with { HeadroomBytes = 2 * Granule });
        for (var n = 1; n <= 3; n++)
        {
            tier.Protected.Add(Id(n));
            tier.Put(n);
        }

        var looked = tier.Policy.Picks;
        tier.Tick();
        tier.Tick();
        Assert.Equal(looked, tier.Policy.Picks);
        tier.Now += TimeSpan.FromMilliseconds(50);
        tier.Tick();
        tier.Tick();
        Assert.Equal(looked + 1, tier.Policy.Picks);
        Assert.IsType<Reserved>(Assert.Single(tier.Step(new Reserve(1, Minute))).Message);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData((2 * Granule) + 1)]
    public void Headroom_beyond_half_of_the_capacity_is_refused(long headroomBytes) =>
        Assert.Throws<ArgumentException>(() => new TierFixture(granules: 4, settings: WithCold with { HeadroomBytes = headroomBytes }));

    private static RoomGiven Give(TierFixture tier, long fetch, int n, long length)
    {
        var effect = Assert.Single(tier.Step(new RoomNeeded(fetch, Id(n), length), "cold"));
        Assert.Equal("cold", effect.To);
        var given = Assert.IsType<RoomGiven>(effect.Message);
        Assert.Equal((fetch, length), (given.Fetch, given.Memory.LengthBytes));
        return given;
    }

    private static string Denied(List<Effect> effects) => Assert.IsType<RoomDenied>(Assert.Single(effects).Message).Reason;
}
