using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Tiering;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

public sealed class MemoryTierCoreTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Reserve_with_room_is_granted_at_once()
    {
        using var tier = new TierFixture(granules: 4);
        var effect = Assert.Single(tier.Step(new Reserve(5000, Second), "writer"));
        Assert.Equal("writer", effect.To);
        Assert.Equal(5000, Assert.IsType<Reserved>(effect.Message).Reservation.LengthBytes);
        Assert.Equal(2 * Granule, tier.Arena.FreeBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData((4 * Granule) + 1)]
    public void Reserve_of_a_length_that_never_fits_is_refused_in_words(long length)
    {
        using var tier = new TierFixture(granules: 4);
        var refused = Assert.IsType<Refused>(Assert.Single(tier.Step(new Reserve(length, Second))).Message);
        Assert.Contains("takes 1 to 16384 bytes", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancel_gives_the_room_back()
    {
        using var tier = new TierFixture(granules: 1);
        var reserved = (Reserved)Assert.Single(tier.Step(new Reserve(1, Second))).Message;
        Assert.Empty(tier.Step(new Cancel(reserved.Reservation)));
        Assert.Equal(tier.Arena.CapacityBytes, tier.Arena.FreeBytes);
    }

    [Fact]
    public void Full_tier_asks_the_owner_of_the_victim_and_serves_the_put_when_granted()
    {
        using var tier = new TierFixture(granules: 2);
        var first = tier.Put(1);
        tier.Put(2);

        var asked = Assert.Single(tier.Step(new Reserve(Granule, Second), "writer"));
        Assert.Equal(Destination.Owners, asked.To);
        Assert.Equal(new Evict(Id(1), first), asked.Message);
        Assert.True(tier.Core.HasWaitingPuts);

        var effects = tier.Step(new EvictGranted(Id(1), first, WasLast: true), "owner");
        Assert.Equal(new Effect(Destination.KeyIndex, new Forget(Key(1).Key, Id(1), Key(1).Stamp)), effects[0]);
        Assert.Equal("writer", effects[1].To);
        Assert.IsType<Reserved>(effects[1].Message);
        Assert.Equal([(first.Slot, true)], tier.Policy.Removed);
        Assert.False(tier.Core.HasWaitingPuts);
    }

    [Fact]
    public void Copy_pinned_after_the_grant_stays_and_its_owner_learns_so()
    {
        using var tier = new TierFixture(granules: 1);
        var copy = tier.Put(1);
        tier.Step(new Reserve(Granule, Second), "writer");
        tier.Arena.Pinned.Add(copy.Slot);

        var effects = tier.Step(new EvictGranted(Id(1), copy, WasLast: true));
        Assert.Equal([new Effect(Destination.Owners, new AddCopy(Id(1), copy))], effects);
        Assert.True(tier.Arena.TryFind(Id(1), out _));

        tier.Arena.Pinned.Clear();
        Assert.IsType<Evict>(Assert.Single(tier.Tick()).Message);
    }

    [Fact]
    public void Refused_victim_is_left_alone_for_a_while_and_another_is_asked_for()
    {
        using var tier = new TierFixture(granules: 2);
        var first = tier.Put(1);
        var second = tier.Put(2);
        tier.Step(new Reserve(Granule, Second));

        Assert.Equal(new Evict(Id(2), second), Assert.Single(tier.Step(new EvictRefused(Id(1), first, EvictRefusal.Leased))).Message);
        Assert.Empty(tier.Step(new EvictRefused(Id(2), second, EvictRefusal.Leased)));
        tier.Now += TimeSpan.FromMilliseconds(50);
        Assert.Equal(new Evict(Id(1), first), Assert.Single(tier.Tick()).Message);
    }

    [Fact]
    public void Protected_and_pinned_copies_are_never_asked_for()
    {
        using var tier = new TierFixture(granules: 3);
        tier.Protected.Add(Id(1));
        tier.Put(1);
        tier.Arena.Pinned.Add(tier.Put(2).Slot);
        var third = tier.Put(3);

        Assert.Equal(new Evict(Id(3), third), Assert.Single(tier.Step(new Reserve(3 * Granule, Second))).Message);
        Assert.Empty(tier.Tick());
    }

    [Fact]
    public void Owner_that_does_not_answer_is_passed_over_in_time()
    {
        using var tier = new TierFixture(granules: 1, settings: MemoryTierSettings.Default with { EvictionTimeout = Second });
        tier.Put(1);
        tier.Step(new Reserve(1, TimeSpan.FromMinutes(1)));
        Assert.Empty(tier.Tick());
        tier.Now += Second;
        Assert.IsType<Evict>(Assert.Single(tier.Tick()).Message);
    }

    [Fact]
    public void Late_grant_for_a_slot_that_was_filled_anew_frees_nothing()
    {
        using var tier = new TierFixture(granules: 1, slots: 1);
        var old = tier.Put(1);
        tier.Step(new Drop(Id(1), old));
        tier.Put(2);
        Assert.Empty(tier.Step(new EvictGranted(Id(1), old, WasLast: true)));
        Assert.True(tier.Arena.TryFind(Id(2), out _));
    }

    [Fact]
    public void Publish_of_a_block_that_is_here_keeps_the_copy_that_is_here()
    {
        using var tier = new TierFixture(granules: 4);
        var first = tier.Put(1);
        var reserved = (Reserved)Assert.Single(tier.Step(new Reserve(Granule, Second))).Message;
        var published = (Published)Assert.Single(tier.Step(new Publish(reserved.Reservation, Id(1), Key(7)))).Message;
        Assert.Equal(first, published.Copy);
        Assert.Equal(0, tier.Arena.Reservations);
        Assert.Equal(1, tier.Release(new ReleaseKey(Key(1).Key, Id(1), Key(1).Stamp)));
        Assert.Equal(0, tier.Release(new ReleaseKey(Key(7).Key, Id(1), Key(7).Stamp)));
    }

    [Fact]
    public void Grant_that_a_writer_of_the_block_overtook_keeps_the_copy()
    {
        using var tier = new TierFixture(granules: 2);
        var copy = tier.Put(1);
        var reserved = (Reserved)Assert.Single(tier.Step(new Reserve(Granule, Second))).Message;
        Assert.IsType<Evict>(Assert.Single(tier.Step(new Reserve(2 * Granule, Second), "large")).Message);

        // The writer gets the copy that is here and is about to commit it: it is asked for no more, and what was granted is void.
        var effect = Assert.Single(tier.Step(new Publish(reserved.Reservation, Id(1), Key(7)), "writer"));
        Assert.Equal(new Effect("writer", new Published(copy)), effect);
        Assert.Equal(
            [new Effect(Destination.Owners, new AddCopy(Id(1), copy))], tier.Step(new EvictGranted(Id(1), copy, WasLast: true)));
        Assert.True(tier.Arena.TryFind(Id(1), out _));
    }

    [Fact]
    public void Grant_that_comes_twice_frees_at_the_first_and_one_that_was_not_asked_for_frees_nothing()
    {
        using var tier = new TierFixture(granules: 2);
        var (first, second) = (tier.Put(1), tier.Put(2));
        tier.Step(new Reserve(Granule, Second));
        tier.Step(new Reserve(Granule, Second));
        tier.Step(new EvictGranted(Id(1), first, WasLast: true));
        Assert.Empty(tier.Step(new EvictGranted(Id(1), first, WasLast: true)));
        tier.Step(new EvictRefused(Id(2), second, EvictRefusal.Leased));
        Assert.Equal(
            [new Effect(Destination.Owners, new AddCopy(Id(2), second))], tier.Step(new EvictGranted(Id(2), second, WasLast: true)));
    }

    [Fact]
    public void Release_of_a_key_that_names_another_block_by_now_leaves_it_there()
    {
        using var tier = new TierFixture(granules: 2);
        tier.Put(1);
        tier.Put(2);
        Assert.Equal(1, tier.Release(new ReleaseKey(Key(2).Key, Id(1), Key(2).Stamp)));
        Assert.Equal(0, tier.Release(new ReleaseKey(Key(2).Key, Id(2), Key(2).Stamp)));
        Assert.Equal(-1, tier.Release(new ReleaseKey(Key(2).Key, Id(3), Key(2).Stamp)));
    }

    [Fact]
    public void Drop_of_a_pinned_copy_waits_for_the_pin()
    {
        using var tier = new TierFixture(granules: 1);
        var copy = tier.Put(1);
        tier.Arena.Pinned.Add(copy.Slot);
        Assert.Empty(tier.Step(new Drop(Id(1), copy)));
        Assert.Empty(tier.Tick());
        tier.Arena.Pinned.Clear();
        var effects = tier.Tick();
        Assert.Contains(new Effect(Destination.Owners, new RemoveCopy(Id(1), copy)), effects);
        Assert.Equal([(copy.Slot, false)], tier.Policy.Removed);
        Assert.Equal([new Effect(Destination.Owners, new RemoveCopy(Id(1), copy))], tier.Step(new Drop(Id(1), copy)));
    }

    [Fact]
    public void Corrupt_copy_is_dropped_counted_and_forgotten()
    {
        using var tier = new TierFixture(granules: 1);
        var copy = tier.Put(1);
        var effects = tier.Step(new ReportCorrupt(Id(1), copy));
        Assert.Equal(
            [
                new Effect(Destination.Owners, new RemoveCopy(Id(1), copy)),
                new Effect(Destination.KeyIndex, new Forget(Key(1).Key, Id(1), Key(1).Stamp)),
                new Effect(Destination.Owners, new RemoveCopy(Id(1), copy)),
            ],
            effects);
        var report = (TierReport)Assert.Single(tier.Step(ReportTier.Instance)).Message;
        Assert.Equal((0, 1L, 1L), (report.Blocks, report.Corrupt, report.Dropped));
    }

    [Fact]
    public void Announcement_goes_a_window_at_a_time_as_the_index_keeps_up()
    {
        using var tier = new TierFixture(granules: 600, slots: 600);
        for (var n = 0; n < 600; n++)
            tier.Put(n);
        var told = new List<KeyDigest>();
        var window = tier.Announce();
        while (window.Count > 0)
        {
            Assert.InRange(window.Count, 1, 256);
            told.AddRange(window.Select(e => ((Bind)e.Message).Key));
            var next = new List<Effect>();
            foreach (var effect in window)
                next.AddRange(tier.Step(new Bound(((Bind)effect.Message).Key, ((Bind)effect.Message).Id, true)));
            window = next;
        }

        Assert.Equal(Enumerable.Range(0, 600).Select(n => Key(n).Key), told);
    }
}
