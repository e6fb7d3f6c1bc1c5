using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Tiering;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

/// <summary>Copies that are written to the cold tier before they are given up.</summary>
public sealed class MemoryTierDemotionTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    [Fact]
    public void Last_copy_goes_when_it_and_its_keys_are_on_disk_and_its_keys_stay_in_the_index()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Policy.Frequencies[copy.Slot] = 2;
        tier.Step(new BindAlias(Id(1), Key(2)));
        Assert.Equal(new Evict(Id(1), copy), Assert.Single(tier.Step(new Reserve(1, Minute), "writer")).Message);

        var timeout = WithCold.DemoteTimeout;
        var errands = tier.Demote(1, copy);
        Assert.Equal(
            [
                new ColdPut(Id(1), new PayloadMemory(copy.OffsetBytes, Granule), Key(1), Frequency: 2, Durable: false, timeout),
                new ColdBind(Id(1), Key(2), Durable: true, timeout),
            ],
            errands.Select(e => e.Request));
        Assert.Empty(tier.Store(errands[0]));
        Assert.Equal([new Effect(Destination.Owners, new Evict(Id(1), copy))], tier.Store(errands[1]));

        var effects = tier.Step(new EvictGranted(Id(1), copy, WasLast: false));
        Assert.Equal("writer", Assert.Single(effects).To);
        var report = tier.Report();
        Assert.Equal((1L, 1L, 0), (report.Demoted, report.Evicted, report.Blocks));
    }

    [Fact]
    public void Answers_may_come_in_any_order_and_twice()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new BindAlias(Id(1), Key(2)));
        tier.Step(new Reserve(1, Minute));
        var errands = tier.Demote(1, copy);
        var put = (ColdPut)errands[0].Request;

        Assert.Empty(tier.Store(errands[1]));
        Assert.Empty(tier.Answer(errands[0], Released(put), Released(put)));
        Assert.Empty(tier.Store(errands[1]));
        Assert.Equal(new Evict(Id(1), copy), Assert.Single(tier.Answer(errands[0], new ColdStored(false))).Message);
        Assert.Empty(tier.Answer(errands[0], new ColdStored(false), Released(put, durable: false)));
        Assert.Empty(tier.Step(new ColdAnswer(999, Released(put))));
    }

    public static TheoryData<object> Verdicts() => [NotAdmitted.Instance, new Refused("too large"), new Unavailable("no disk")];

    [Theory]
    [MemberData(nameof(Verdicts))]
    public void Copy_that_the_cold_tier_does_not_take_is_discarded(object verdict)
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute), "writer");
        var errand = Assert.Single(tier.Demote(1, copy));
        var effects = tier.Answer(errand, verdict, Released((ColdPut)errand.Request, durable: false));
        Assert.Equal([new Effect(Destination.Owners, new Evict(Id(1), copy, Discard: true))], effects);

        effects = tier.Step(new EvictGranted(Id(1), copy, WasLast: true));
        Assert.Equal(new Forget(Key(1).Key, Id(1), Key(1).Stamp), effects[0].Message);
        Assert.Equal("writer", effects[1].To);
        Assert.Equal((0L, 1L), (tier.Report().Demoted, tier.Report().Evicted));
    }

    [Fact]
    public void Copy_that_the_cold_tier_is_too_busy_for_is_tried_again_after_a_pause_and_another_one_meanwhile()
    {
        using var tier = new TierFixture(granules: 2, settings: WithCold);
        var (first, second) = (tier.Put(1), tier.Put(2));
        tier.Step(new Reserve(1, Minute));
        var errand = Assert.Single(tier.Demote(1, first));
        var effects = tier.Answer(errand, Released((ColdPut)errand.Request, durable: false), new Busy("full"));
        Assert.Equal(new Evict(Id(2), second), Assert.Single(effects).Message);
        Assert.True(tier.Core.NeedsTicksSoon);

        tier.Step(new EvictRefused(Id(2), second, EvictRefusal.Leased));
        Assert.Empty(tier.Tick());
        tier.Now += Pause;
        errand = ErrandsIn(tier.Tick())[0];
        Assert.Equal(Id(1), ((ColdPut)errand.Request).Id);
        Assert.Contains(new Evict(Id(1), first), tier.Store(errand).Select(e => e.Message));
    }

    [Fact]
    public void Write_in_a_pause_ends_when_nobody_needs_its_room_any_more()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute, Ticket: 5));
        var errand = Assert.Single(tier.Demote(1, copy));
        tier.Answer(errand, new Busy("full"), Released((ColdPut)errand.Request, durable: false));
        tier.Step(new Withdraw(5));
        tier.Now += Pause;
        Assert.Empty(tier.Tick());
        Assert.False(tier.Core.NeedsTicksSoon);
    }

    [Fact]
    public void Copy_whose_record_was_lost_before_it_was_flushed_is_written_again()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute));
        var errand = Assert.Single(tier.Demote(1, copy));
        Assert.Empty(tier.Answer(errand, new ColdStored(false), Released((ColdPut)errand.Request, durable: false)));
        tier.Now += Pause;
        Assert.IsType<ColdPut>(Assert.Single(ErrandsIn(tier.Tick())).Request);
    }

    [Fact]
    public void Copy_dropped_while_it_is_written_stays_until_its_memory_is_released()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute), "writer");
        var errand = Assert.Single(tier.Demote(1, copy));
        Assert.Empty(tier.Step(new Drop(Id(1), copy)));
        Assert.Empty(tier.Answer(errand, new ColdStored(false)));
        Assert.Empty(tier.Tick());
        Assert.True(tier.Arena.TryFind(Id(1), out _));

        var effects = tier.Answer(errand, Released((ColdPut)errand.Request));
        Assert.Equal(
            [new Forget(Key(1).Key, Id(1), Key(1).Stamp), new RemoveCopy(Id(1), copy)], effects.Take(2).Select(e => e.Message));
        Assert.Equal("writer", effects[2].To);
        Assert.Equal((0L, 1L), (tier.Report().Demoted, tier.Report().Dropped));
    }

    [Fact]
    public void Copy_found_corrupt_while_it_is_written_is_located_no_more_and_its_keys_are_left_to_the_owner()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute));
        var errand = Assert.Single(tier.Demote(1, copy));
        Assert.Equal([new Effect(Destination.Owners, new RemoveCopy(Id(1), copy))], tier.Step(new ReportCorrupt(Id(1), copy)));
        var effects = tier.Store(errand);
        Assert.Equal(new RemoveCopy(Id(1), copy, Key(1)), effects[0].Message);
        Assert.DoesNotContain(effects, e => e.Message is Forget or Evict);
    }

    [Fact]
    public void Copy_leased_while_it_was_written_goes_later_without_another_write()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute), "writer");
        var errand = Assert.Single(tier.Demote(1, copy));
        tier.Arena.Pinned.Add(copy.Slot);
        Assert.Empty(tier.Store(errand));
        tier.Arena.Pinned.Clear();
        Assert.IsType<Evict>(Assert.Single(tier.Tick()).Message);
        Assert.Equal("writer", Assert.Single(tier.Step(new EvictGranted(Id(1), copy, WasLast: false))).To);
    }

    [Fact]
    public void Copy_registered_while_it_was_written_is_not_asked_for()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute));
        var errand = Assert.Single(tier.Demote(1, copy));
        tier.Protected.Add(Id(1));
        Assert.Empty(tier.Store(errand));
        Assert.Empty(tier.Tick());
    }

    [Fact]
    public void Copy_registered_before_its_demotion_is_ordered_is_not_written()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute));
        tier.Protected.Add(Id(1));
        Assert.Empty(tier.Demote(1, copy));
        Assert.Empty(tier.Tick());
    }

    [Fact]
    public void Key_bound_while_the_copy_is_written_is_flushed_alone_before_the_copy_goes()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute));
        var errand = Assert.Single(tier.Demote(1, copy));
        tier.Step(new BindAlias(Id(1), Key(2)));
        errand = Assert.Single(ErrandsIn(tier.Store(errand)));
        Assert.Equal(new ColdBind(Id(1), Key(2), Durable: true, WithCold.DemoteTimeout), errand.Request);

        tier.Step(new BindAlias(Id(1), Key(2, stamp: 5)));
        errand = Assert.Single(ErrandsIn(tier.Store(errand)));
        Assert.Equal(Key(2, stamp: 5), ((ColdBind)errand.Request).Binding);
        Assert.Equal(new Evict(Id(1), copy), Assert.Single(tier.Store(errand)).Message);
    }

    [Fact]
    public void Copy_that_lost_its_last_key_while_it_was_written_goes_all_the_same()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute, Ticket: 3));
        var errand = Assert.Single(tier.Demote(1, copy));
        Assert.Equal(0, tier.Release(new ReleaseKey(Key(1).Key, Id(1), Key(1).Stamp)));
        tier.Step(new Withdraw(3));
        Assert.Empty(tier.Store(errand));
        Assert.Equal(new Evict(Id(1), copy, Discard: true), Assert.Single(tier.Tick()).Message);
        Assert.Empty(tier.Step(new EvictGranted(Id(1), copy, WasLast: false)));
        Assert.Equal(tier.Arena.CapacityBytes, tier.Arena.FreeBytes);
    }

    [Fact]
    public void Demotion_of_a_copy_without_a_key_is_answered_by_a_discard()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute));
        tier.Release(new ReleaseKey(Key(1).Key, Id(1), Key(1).Stamp));
        var effects = tier.Step(new Demote(Id(1), copy, TierKind.Cold));
        Assert.Equal([new Effect(Destination.Owners, new Evict(Id(1), copy, Discard: true))], effects);
    }

    [Fact]
    public void Tier_without_a_cold_one_discards_what_it_is_told_to_demote()
    {
        using var tier = new TierFixture(granules: 1);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute));
        var effects = tier.Step(new Demote(Id(1), copy, TierKind.Cold));
        Assert.Equal([new Effect(Destination.Owners, new Evict(Id(1), copy, Discard: true))], effects);
    }

    [Fact]
    public void Last_copy_that_the_tier_below_took_and_gave_up_again_is_given_up_here_too()
    {
        using var tier = new TierFixture(granules: 2, settings: WithCold with { WritesLastCopiesOnly = true });
        var copy = tier.Put(1, granules: 2);
        tier.Step(new Reserve(Granule, TimeSpan.FromMinutes(1)));
        var errand = Assert.Single(tier.Demote(1, copy));
        Assert.Equal(new Evict(Id(1), copy), Assert.IsType<Evict>(Assert.Single(tier.Store(errand)).Message));
        var again = Assert.Single(tier.Step(new Demote(Id(1), copy, TierKind.Cold), "owner"));
        Assert.Equal(new Evict(Id(1), copy, Discard: true), again.Message);
    }
}
