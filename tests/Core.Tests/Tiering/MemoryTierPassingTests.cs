using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Tiering;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

/// <summary>Room for blocks that go on to other nodes, or come from them, when memory is full.</summary>
public sealed class MemoryTierPassingTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly MemoryTierSettings Transit = MemoryTierSettings.Default with { TransitBytes = 2 * Granule };
    private static readonly MemoryTierSettings Headroom = WithCold with { HeadroomBytes = 2 * Granule };

    [Fact]
    public void Writer_is_told_to_pass_its_block_on_when_less_than_the_transit_room_would_be_left()
    {
        using var tier = new TierFixture(granules: 4, settings: Transit);
        Assert.False(Take(tier, RoomUse.StoreOrPass).IsForPassing);
        Assert.False(Take(tier, RoomUse.StoreOrPass).IsForPassing);
        Assert.True(Take(tier, RoomUse.StoreOrPass).IsForPassing);
        Assert.False(Take(tier, RoomUse.Store).IsForPassing);
    }

    [Fact]
    public void Writer_that_waited_for_an_eviction_is_told_to_pass_its_block_on()
    {
        using var tier = new TierFixture(granules: 4, settings: Transit);
        var copy = tier.Put(1, granules: 4);
        tier.Step(new Reserve(Granule, Minute, Use: RoomUse.StoreOrPass), "writer");
        var reserved = tier.Step(new EvictGranted(Id(1), copy, WasLast: true)).Select(e => e.Message).OfType<Reserved>();
        Assert.False(Assert.Single(reserved).IsForPassing);
        copy = tier.Put(2, granules: 3);
        tier.Step(new Reserve(2 * Granule, Minute, Use: RoomUse.StoreOrPass), "writer");
        reserved = tier.Step(new EvictGranted(Id(2), copy, WasLast: true)).Select(e => e.Message).OfType<Reserved>();
        Assert.True(Assert.Single(reserved).IsForPassing);
    }

    [Fact]
    public void Nothing_is_given_up_for_a_block_that_is_passed_on_until_that_is_over()
    {
        using var tier = new TierFixture(granules: 4, settings: Headroom);
        var copy = tier.Put(1);
        tier.Put(2);
        var effects = tier.Step(new Reserve(Granule, Minute, Use: RoomUse.StoreOrPass));
        var reserved = Assert.IsType<Reserved>(Assert.Single(effects).Message);
        Assert.True(reserved.IsForPassing);
        Assert.Single(tier.Step(new Publish(reserved.Reservation, Id(3), Key(3))));
        Assert.Empty(tier.Tick());
        Assert.Equal(
            new Effect(Destination.Owners, new Evict(Id(1), copy)), Assert.Single(tier.Step(new EndPassing(reserved.Reservation))));
        Assert.Empty(tier.Step(new EndPassing(reserved.Reservation)));
    }

    [Fact]
    public void Block_that_was_passed_on_leaves_before_anything_else()
    {
        using var tier = new TierFixture(granules: 4, settings: Headroom);
        tier.Put(1);
        tier.Put(2);
        var reserved = Take(tier, RoomUse.StoreOrPass);
        var passed = Assert.IsType<Published>(Assert.Single(tier.Step(new Publish(reserved.Reservation, Id(3), Key(3)))).Message).Copy;
        var asked = Assert.Single(tier.Step(new ReleaseKey(Key(3).Key, Id(3), Key(3).Stamp)), e => e.To == Destination.Owners);
        Assert.Equal(new Evict(Id(3), passed, Discard: true), asked.Message);
        Assert.Empty(tier.Step(new EndPassing(reserved.Reservation)));
        Assert.Empty(tier.Step(new EvictGranted(Id(3), passed, WasLast: false)));
        Assert.Equal((2L * Granule, 2), (tier.Arena.FreeBytes, tier.Report().Blocks));
    }

    [Fact]
    public void Nothing_else_goes_while_a_block_that_was_passed_on_is_still_held_by_who_pulled_it()
    {
        using var tier = new TierFixture(granules: 4, settings: Headroom);
        tier.Put(1);
        tier.Put(2);
        var reserved = Take(tier, RoomUse.StoreOrPass);
        var passed = Assert.IsType<Published>(Assert.Single(tier.Step(new Publish(reserved.Reservation, Id(3), Key(3)))).Message).Copy;
        tier.Step(new ReleaseKey(Key(3).Key, Id(3), Key(3).Stamp));
        Assert.Empty(tier.Step(new EvictRefused(Id(3), passed, EvictRefusal.Busy)));
        Assert.Empty(tier.Step(new EndPassing(reserved.Reservation)));
        tier.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(Id(3), Assert.IsType<Evict>(Assert.Single(tier.Tick()).Message).Id);
        Assert.Empty(tier.Step(new EvictGranted(Id(3), passed, WasLast: false)));

        // Its room counts once.
        Assert.False(Take(tier, RoomUse.Store).IsForPassing);
        Assert.Equal(2, tier.Report().Blocks);
    }

    [Fact]
    public void Passing_ends_with_the_room_given_back_and_at_its_deadline()
    {
        using var tier = new TierFixture(granules: 4, settings: Headroom);
        var copy = tier.Put(1, granules: 2);
        var reserved = Take(tier, RoomUse.StoreOrPass);
        Assert.Empty(tier.Step(new Cancel(reserved.Reservation)));
        reserved = Take(tier, RoomUse.StoreOrPass);
        Assert.True(reserved.IsForPassing);
        tier.Now += Minute - TimeSpan.FromTicks(1);
        Assert.Empty(tier.Tick());
        tier.Now += TimeSpan.FromTicks(1);
        Assert.Equal(new Effect(Destination.Owners, new Evict(Id(1), copy)), Assert.Single(tier.Tick()));
    }

    [Fact]
    public void Block_of_another_node_is_taken_in_only_where_nothing_has_to_go_for_it_now_or_soon()
    {
        using var tier = new TierFixture(granules: 4, settings: Headroom);
        Assert.Equal(Granule, Take(tier, RoomUse.Spare).Reservation.LengthBytes);
        Assert.IsType<Busy>(Assert.Single(tier.Step(new Reserve(2 * Granule, Minute, Use: RoomUse.Spare))).Message);
        Take(tier, RoomUse.Spare);
        Assert.IsType<Busy>(Assert.Single(tier.Step(new Reserve(Granule, Minute, Use: RoomUse.Spare))).Message);
        Assert.Equal(2, tier.Report().BusyAnswers);
    }

    [Fact]
    public void Descriptors_run_short_as_bytes_do()
    {
        using var tier = new TierFixture(granules: 40, slots: 4, settings: MemoryTierSettings.Default with { TransitBytes = 20 * Granule });
        Take(tier, RoomUse.Spare);
        Assert.False(Take(tier, RoomUse.StoreOrPass).IsForPassing);
        Assert.IsType<Busy>(Assert.Single(tier.Step(new Reserve(1, Minute, Use: RoomUse.Spare))).Message);
        Assert.True(Take(tier, RoomUse.StoreOrPass).IsForPassing);
    }

    [Fact]
    public void Transit_room_of_more_than_half_is_refused() =>
        Assert.Throws<ArgumentException>(() => new TierFixture(granules: 4, settings: Transit with { TransitBytes = (2 * Granule) + 1 }));

    private static Reserved Take(TierFixture tier, RoomUse use) =>
        tier.Step(new Reserve(Granule, Minute, Use: use)).Select(e => e.Message).OfType<Reserved>().Single();
}
