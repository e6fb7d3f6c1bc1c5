using Cascade.Core.Messages;
using Cascade.Core.Tiering;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

/// <summary>A tier whose node stops, and one whose memory fails.</summary>
public sealed class MemoryTierEndingTests
{
    private static readonly MemoryTierSettings Headroom = WithCold with { HeadroomBytes = 2 * Granule };

    [Fact]
    public void Nothing_is_given_up_or_written_for_room_once_the_node_stops()
    {
        using var tier = new TierFixture(granules: 4, settings: Headroom);
        tier.Put(1);
        var copy = tier.Put(2);
        var asked = tier.Step(new Reserve(Granule, TimeSpan.FromSeconds(1)));
        Assert.Contains(asked, static effect => effect.Message is Evict);
        Assert.Empty(tier.Step(MakeNoRoom.Instance));
        Assert.Empty(tier.Step(new Demote(Id(1), tier.Arena.TryFind(Id(1), out var first) ? first : copy, Identity.TierKind.Cold), "owner"));
        tier.Now += TimeSpan.FromSeconds(10);
        Assert.Empty(tier.Tick());
        Assert.False(tier.Core.NeedsTicksSoon);
        Assert.Equal(2, tier.Report().Blocks);
    }

    [Fact]
    public void Who_waits_for_room_of_a_stopping_node_is_answered_at_the_deadline()
    {
        using var tier = new TierFixture(granules: 2);
        tier.Put(1, granules: 2);
        tier.Step(MakeNoRoom.Instance);
        Assert.Empty(tier.Step(new Reserve(Granule, TimeSpan.FromSeconds(1))));
        tier.Now += TimeSpan.FromSeconds(2);
        Assert.IsType<Busy>(Assert.Single(tier.Tick()).Message);
    }

    [Fact]
    public void Copies_in_memory_that_failed_are_reported_gone_with_their_keys_and_others_stay()
    {
        using var tier = new TierFixture(granules: 8, slots: 8, settings: WithCold);
        var (first, second, third) = (tier.Put(1), tier.Put(2), tier.Put(3));
        Assert.Equal([0u, 1u, 2u], new[] { first.Slot, second.Slot, third.Slot });
        var gone = tier.Step(new MemoryLost(FirstSlot: 1, Slots: 7)).Select(static effect => effect.Message).OfType<RemoveCopy>().ToList();
        Assert.Equal([second, third], gone.Select(static removed => removed.Copy).Distinct());
        Assert.Equal([Key(2), Key(3)], gone.Select(static removed => removed.Binding).Where(static binding => !binding.Key.IsZero));
        Assert.Equal((1, 0L), (tier.Report().Blocks, tier.Report().Corrupt));
        Assert.True(tier.Arena.TryFind(Id(1), out _));
    }

    [Fact]
    public void Many_copies_in_memory_that_failed_are_reported_a_part_at_a_time()
    {
        using var tier = new TierFixture(granules: 700, slots: 700, settings: WithCold);
        for (var n = 0; n < 700; n++)
            tier.Put(n);
        tier.Step(new MemoryLost(0, 700));
        Assert.InRange(tier.Report().Blocks, 300, 699);
        Assert.True(tier.Core.NeedsTicksSoon);
        for (var tick = 0; tick < 4; tick++)
            tier.Tick();
        Assert.Equal(0, tier.Report().Blocks);
        Assert.False(tier.Core.NeedsTicksSoon);
    }
}
