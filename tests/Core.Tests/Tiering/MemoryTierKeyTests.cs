using Cascade.Core.Messages;
using Cascade.Core.Ports;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

public sealed class MemoryTierKeyTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Block_with_a_key_that_could_not_be_recorded_is_never_said_to_have_no_key_left()
    {
        using var tier = new TierFixture(granules: 2);
        tier.Put(1);
        tier.Arena.HasAliasRoom = false;
        Assert.Equal(new AliasBound(false, true), Assert.Single(tier.Step(new BindAlias(Id(1), Key(7)))).Message);
        Assert.Equal(1, tier.Release(new ReleaseKey(Key(1).Key, Id(1), Key(1).Stamp)));
    }

    [Fact]
    public void Binding_that_a_later_one_made_void_leaves_no_key_behind()
    {
        using var tier = new TierFixture(granules: 2);
        tier.Put(1);
        var reserved = (Reserved)Assert.Single(tier.Step(new Reserve(Granule, Second))).Message;
        tier.Step(new Publish(reserved.Reservation, Id(2), Key(7, stamp: 9)));
        Assert.Equal(new AliasBound(false, true), Assert.Single(tier.Step(new BindAlias(Id(1), Key(7, stamp: 2)))).Message);
        Assert.Equal(0, tier.Release(new ReleaseKey(Key(1).Key, Id(1), Key(1).Stamp)));
    }

    [Fact]
    public void Key_bound_later_than_its_release_keeps_its_name()
    {
        using var tier = new TierFixture(granules: 1);
        tier.Put(1);
        tier.Step(new BindAlias(Id(1), Key(1, stamp: 5)));
        Assert.Equal(1, tier.Release(new ReleaseKey(Key(1).Key, Id(1), Key(1, stamp: 4).Stamp)));
        Assert.Equal(0, tier.Release(new ReleaseKey(Key(1).Key, Id(1), Key(1, stamp: 5).Stamp)));
        Assert.Equal(-1, tier.Release(new ReleaseKey(Key(1).Key, Id(2), Key(1, stamp: 9).Stamp)));
    }

    [Fact]
    public void Copy_without_a_key_is_let_go_through_its_owner()
    {
        using var tier = new TierFixture(granules: 1);
        var copy = tier.Put(1);
        Assert.Equal(
            [new Effect(Destination.Owners, new Evict(Id(1), copy)), new Effect("deleter", new KeyReleased(0))],
            tier.Step(new ReleaseKey(Key(1).Key, Id(1), Key(1).Stamp), "deleter"));
        Assert.Empty(tier.Step(new EvictGranted(Id(1), copy, WasLast: true)));
        Assert.Equal(tier.Arena.CapacityBytes, tier.Arena.FreeBytes);
        Assert.Equal([(copy.Slot, false)], tier.Policy.Removed);
    }

    [Fact]
    public void Key_that_is_bound_before_the_grant_keeps_the_copy()
    {
        using var tier = new TierFixture(granules: 1);
        var copy = tier.Put(1);
        tier.Release(new ReleaseKey(Key(1).Key, Id(1), Key(1).Stamp));
        tier.Step(new BindAlias(Id(1), Key(2)));
        Assert.Equal(
            [new Effect(Destination.Owners, new AddCopy(Id(1), copy))], tier.Step(new EvictGranted(Id(1), copy, WasLast: true)));
        Assert.Empty(tier.Tick());
        Assert.True(tier.Arena.TryFind(Id(1), out _));
    }

    [Fact]
    public void Copy_without_a_key_that_is_leased_goes_when_its_leases_have_ended()
    {
        using var tier = new TierFixture(granules: 1);
        var copy = tier.Put(1);
        tier.Arena.Pinned.Add(copy.Slot);
        Assert.Equal(0, tier.Release(new ReleaseKey(Key(1).Key, Id(1), Key(1).Stamp)));
        Assert.Empty(tier.Tick());
        tier.Arena.Pinned.Clear();
        Assert.Equal([new Effect(Destination.Owners, new Evict(Id(1), copy))], tier.Tick());

        tier.Step(new EvictRefused(Id(1), copy, EvictRefusal.Leased));
        Assert.Empty(tier.Tick());
        tier.Now += TimeSpan.FromSeconds(1);
        Assert.Equal([new Effect(Destination.Owners, new Evict(Id(1), copy))], tier.Tick());
    }
}
