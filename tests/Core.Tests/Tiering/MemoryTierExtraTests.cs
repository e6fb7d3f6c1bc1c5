using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

/// <summary>Copies that were brought here only to be near go first, unless they are the last by then.</summary>
public sealed class MemoryTierExtraTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Extra_copies_go_before_all_others_in_the_order_of_coming()
    {
        using var tier = Started(new TierFixture(granules: 4));
        var first = tier.Put(1);
        var (second, third) = (Bring(tier, 2), Bring(tier, 3));
        tier.Put(4);
        Assert.Equal([Asked(2, second)], tier.Step(new Reserve(Granule, Minute)));
        Assert.Equal([Asked(3, third)], tier.Step(new Reserve(Granule, Minute)));
        Assert.Equal([Asked(1, first)], tier.Step(new Reserve(Granule, Minute)));
    }

    [Fact]
    public void Protected_and_leased_extra_copies_stay()
    {
        using var tier = Started(new TierFixture(granules: 3));
        var first = tier.Put(1);
        var second = Bring(tier, 2);
        Bring(tier, 3);
        tier.Protected.Add(Id(3));
        tier.Arena.Pinned.Add(second.Slot);
        Assert.Equal([Asked(1, first)], tier.Step(new Reserve(Granule, Minute)));
    }

    [Fact]
    public void Extra_copy_of_a_key_that_was_deleted_on_its_way_has_no_key_and_goes()
    {
        using var tier = Started(new TierFixture(granules: 2));
        Bring(tier, 1, new Bound(Key(1).Key, default, Applied: false));
        Assert.False(tier.Arena.Knows(Key(1).Key));
        Bring(tier, 2, new Bound(Key(2).Key, Id(2), Applied: false));
        Assert.True(tier.Arena.Knows(Key(2).Key));
    }

    [Fact]
    public void Extra_copy_is_dropped_without_a_write()
    {
        using var tier = Started(new TierFixture(granules: 1, settings: WithCold));
        var copy = Bring(tier, 1);
        tier.Step(new Reserve(Granule, Minute), "writer");
        var effect = Assert.Single(tier.Step(new EvictGranted(Id(1), copy, WasLast: false)));
        Assert.Equal(("writer", true), (effect.To, effect.Message is Reserved));
    }

    [Fact]
    public void Extra_copy_that_is_the_last_by_now_is_demoted_as_others_are()
    {
        using var tier = Started(new TierFixture(granules: 1, settings: WithCold));
        var copy = Bring(tier, 1);
        tier.Step(new Reserve(Granule, Minute), "writer");
        var errand = Assert.Single(tier.Demote(1, copy));
        Assert.Equal([Asked(1, copy)], tier.Store(errand));
        Assert.IsType<Reserved>(Assert.Single(tier.Step(new EvictGranted(Id(1), copy, WasLast: false))).Message);
    }

    [Fact]
    public void Extra_copy_that_is_the_last_by_now_stays_and_takes_its_turn_with_others()
    {
        using var tier = Started(new TierFixture(granules: 2));
        var first = tier.Put(1);
        var copy = Bring(tier, 2);
        Assert.Equal([Asked(2, copy)], tier.Step(new Reserve(Granule, Minute)));
        Assert.Equal(
            [new Effect(Destination.Owners, new AddCopy(Id(2), copy)), Asked(1, first)], tier.Step(new EvictGranted(Id(2), copy, WasLast: true)));
    }

    [Fact]
    public void Extra_copy_that_another_key_names_is_one_like_others()
    {
        using var tier = Started(new TierFixture(granules: 2));
        var first = tier.Put(1);
        Bring(tier, 2);
        tier.Step(new BindAlias(Id(2), Key(3)));
        Assert.Equal([Asked(1, first)], tier.Step(new Reserve(Granule, Minute)));
    }

    [Fact]
    public void Copy_in_the_slot_of_an_extra_one_that_left_is_one_like_others()
    {
        using var tier = Started(new TierFixture(granules: 2));
        var first = tier.Put(1);
        var extra = Bring(tier, 2);
        tier.Step(new Drop(Id(2), extra));
        Assert.Equal(extra.Slot, tier.Put(3).Slot);
        Assert.Equal([Asked(1, first)], tier.Step(new Reserve(Granule, Minute)));
    }

    /// <summary>The keys of what the arena held, nothing, were told, as they are in a node that starts.</summary>
    private static TierFixture Started(TierFixture tier)
    {
        Assert.Empty(tier.Announce());
        return tier;
    }

    private static Effect Asked(int n, CopyLocation copy) => new(Destination.Owners, new Evict(Id(n), copy));

    private static CopyLocation Bring(TierFixture tier, int n, Bound? index = null)
    {
        var reserved = Assert.IsType<Reserved>(Assert.Single(tier.Step(new Reserve(Granule, TimeSpan.FromSeconds(1)))).Message);
        var effects = tier.Step(new Publish(reserved.Reservation, Id(n), Key(n), Announce: true, IsExtra: true));
        Assert.Contains(new Effect(Destination.KeyIndex, new Bind(Key(n), Id(n))), effects);
        tier.Step(index ?? new Bound(Key(n).Key, Id(n), Applied: true));
        return effects.Select(e => e.Message).OfType<Published>().Single().Copy;
    }
}
