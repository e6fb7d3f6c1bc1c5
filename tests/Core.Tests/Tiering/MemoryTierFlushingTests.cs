using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Tiering;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

/// <summary>No key is lost with a copy, and no more is under way to the cold tier than may be.</summary>
public sealed class MemoryTierFlushingTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    [Fact]
    public void Copy_with_a_key_that_is_not_flushed_stays_though_the_block_is_elsewhere()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute), "writer");
        var effects = tier.Step(new EvictGranted(Id(1), copy, WasLast: false));
        Assert.Equal(new Effect(Destination.Owners, new AddCopy(Id(1), copy)), effects[0]);

        // Whatever the policy thinks of the block, its key has to be kept.
        var errand = Assert.Single(ErrandsIn(effects));
        Assert.True(((ColdPut)errand.Request).Durable);
        Assert.IsType<Evict>(Assert.Single(tier.Store(errand)).Message);
        Assert.Equal("writer", Assert.Single(tier.Step(new EvictGranted(Id(1), copy, WasLast: false))).To);
        Assert.Equal((0L, 1L), (tier.Report().Demoted, tier.Report().Evicted));
    }

    [Fact]
    public void Copy_that_was_not_worth_a_write_but_turns_out_to_be_elsewhere_has_its_key_flushed()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute));
        var errand = Assert.Single(tier.Demote(1, copy));
        tier.Answer(errand, NotAdmitted.Instance, Released((ColdPut)errand.Request, durable: false));
        errand = Assert.Single(ErrandsIn(tier.Step(new EvictGranted(Id(1), copy, WasLast: false))));
        Assert.True(((ColdPut)errand.Request).Durable);
    }

    [Fact]
    public void Copy_that_cannot_be_written_at_present_does_not_wedge_the_tier()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute), "writer");
        var errand = Assert.Single(ErrandsIn(tier.Step(new EvictGranted(Id(1), copy, WasLast: false))));
        var effects = tier.Answer(errand, new Unavailable("no disk"), Released((ColdPut)errand.Request, durable: false));
        Assert.Equal(new Evict(Id(1), copy, Discard: true), Assert.Single(effects).Message);
        Assert.Equal("writer", Assert.Single(tier.Step(new EvictGranted(Id(1), copy, WasLast: false))).To);
    }

    [Fact]
    public void Key_bound_to_a_flushed_copy_makes_it_stay_until_that_is_flushed_too()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute));
        tier.Store(Assert.Single(tier.Demote(1, copy)));
        tier.Step(new BindAlias(Id(1), Key(2)));
        Assert.Equal(2, ErrandsIn(tier.Step(new EvictGranted(Id(1), copy, WasLast: false))).Count);
        Assert.True(tier.Arena.TryFind(Id(1), out _));
    }

    [Fact]
    public void Copy_that_was_here_at_start_is_not_taken_to_be_flushed()
    {
        using var arena = new ArenaStandIn(Granule, 4);
        Assert.True(arena.TryReserve(Granule, out var reservation));
        var copy = arena.Publish(reservation, Id(1), Key(1));
        using var protectedBlocks = new TierFixture(granules: 1);
        var core = new MemoryTierCore(new TierAddress(copy.Node, TierKind.Shm), arena, new OldestFirst(), protectedBlocks, WithCold);
        var outbox = new Outbox();
        core.Handle(TimeSpan.Zero, "writer", new Reserve(1, Minute), outbox);
        core.Handle(TimeSpan.Zero, "owner", new EvictGranted(Id(1), copy, WasLast: false), outbox);
        Assert.Contains(outbox.Effects, e => e.Message is ColdErrand);
        Assert.True(arena.TryFind(Id(1), out _));
    }

    [Fact]
    public void Block_of_many_keys_is_written_a_window_at_a_time_and_goes_on_where_it_was_set_back()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        for (var key = 2; key <= 40; key++)
            tier.Step(new BindAlias(Id(1), Key(key)));
        tier.Step(new Reserve(1, Minute));
        var open = new Queue<ColdErrand>(tier.Demote(1, copy));
        Assert.Equal(16, open.Count);
        for (var answered = 0; answered < 20; answered++)
        {
            foreach (var next in ErrandsIn(tier.Store(open.Dequeue())))
                open.Enqueue(next);
            Assert.Equal(16, open.Count);
        }

        var flushed = 20;
        tier.Answer(open.Dequeue(), new Busy("full"));
        foreach (var errand in open)
        {
            flushed++;
            Assert.Empty(tier.Store(errand));
        }

        tier.Now += Pause;
        open = new Queue<ColdErrand>(ErrandsIn(tier.Tick()));
        Assert.All(open, e => Assert.IsType<ColdBind>(e.Request));
        Assert.Equal(40 - flushed, open.Count);
        while (open.Count > 1)
            Assert.Empty(tier.Store(open.Dequeue()));
        Assert.Equal(new Evict(Id(1), copy), Assert.Single(tier.Store(open.Dequeue())).Message);
    }

    [Fact]
    public void Block_that_the_cold_tier_lost_between_two_keys_is_put_anew()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new BindAlias(Id(1), Key(2)));
        tier.Step(new Reserve(1, Minute));
        var errands = tier.Demote(1, copy);
        tier.Store(errands[0]);
        Assert.Empty(tier.Answer(errands[1], NotFound.Instance));
        tier.Now += Pause;
        var put = (ColdPut)Assert.Single(ErrandsIn(tier.Tick())).Request;
        Assert.Equal(Key(2), put.Binding);
    }

    [Fact]
    public void Demotions_in_flight_are_bounded_those_in_a_pause_included()
    {
        using var tier = new TierFixture(granules: 4, settings: WithCold with { DemotionsInFlightMax = 1 });
        var first = tier.Put(1);
        for (var n = 2; n <= 4; n++)
            tier.Put(n);
        Assert.Single(tier.Step(new Reserve(4 * Granule, Minute)));
        var errand = Assert.Single(tier.Demote(1, first));
        Assert.Empty(tier.Tick());
        Assert.Empty(tier.Answer(errand, new Busy("full"), Released((ColdPut)errand.Request, durable: false)));
        Assert.Empty(tier.Tick());
        tier.Now += Pause;
        errand = Assert.Single(ErrandsIn(tier.Tick()));
        Assert.Equal(new Evict(Id(1), first), Assert.Single(tier.Store(errand)).Message);
        Assert.Equal(Id(2), Assert.IsType<Evict>(Assert.Single(tier.Step(new EvictGranted(Id(1), first, WasLast: false))).Message).Id);
    }

    [Fact]
    public void Bytes_that_are_being_written_count_as_on_their_way_out()
    {
        using var tier = new TierFixture(granules: 4, settings: WithCold);
        var copies = Enumerable.Range(1, 4).Select(n => tier.Put(n)).ToList();
        Assert.Equal(2, tier.Step(new Reserve(2 * Granule, Minute)).Count);
        tier.Demote(1, copies[0]);
        tier.Demote(2, copies[1]);
        Assert.Empty(tier.Tick());
    }

    [Fact]
    public void Order_to_demote_that_comes_late_is_followed_while_room_is_needed_and_ignored_otherwise()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute, Ticket: 1));
        tier.Now += WithCold.EvictionTimeout;
        tier.Step(new EvictRefused(Id(1), copy, EvictRefusal.Busy));
        tier.Store(Assert.Single(tier.Demote(1, copy)));
        tier.Step(new EvictRefused(Id(1), copy, EvictRefusal.Leased));
        tier.Step(new Withdraw(1));
        Assert.Empty(tier.Demote(1, copy));
        Assert.Empty(tier.Tick());
    }

    [Fact]
    public void Order_to_demote_a_copy_that_is_gone_or_leaving_is_ignored()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute));
        tier.Arena.Pinned.Add(copy.Slot);
        tier.Step(new Drop(Id(1), copy));
        Assert.Empty(tier.Demote(1, copy));
        tier.Arena.Pinned.Clear();
        tier.Tick();
        Assert.Empty(tier.Demote(1, copy));
    }

    [Fact]
    public void Question_that_is_overdue_does_not_disturb_a_write()
    {
        using var tier = new TierFixture(granules: 2, settings: WithCold);
        var (first, second) = (tier.Put(1), tier.Put(2));
        tier.Step(new Reserve(2 * Granule, Minute));
        var errand = Assert.Single(tier.Demote(1, first));
        tier.Now += WithCold.EvictionTimeout;
        Assert.Equal(new Evict(Id(2), second, Attempt: 1), Assert.Single(tier.Tick()).Message);
        Assert.Equal([new Effect(Destination.Owners, new AddCopy(Id(1), first))], tier.Step(new EvictGranted(Id(1), first, WasLast: true)));
        Assert.Equal(new Evict(Id(1), first), Assert.Single(tier.Store(errand)).Message);
    }

    [Fact]
    public void Demotion_ordered_while_an_asker_has_the_copy_written_flushes_all_keys_anew()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new BindAlias(Id(1), Key(2)));
        tier.Step(new Reserve(1, Minute));
        var errands = ErrandsIn(tier.Step(new MakeDurable(Id(1), Key(1), Minute), "writer"));
        tier.Store(errands[0]);

        // The owner would not say so if the copy that was just flushed was still there.
        Assert.Empty(tier.Demote(1, copy));
        var errand = Assert.Single(ErrandsIn(tier.Store(errands[1])));
        Assert.Equal(Key(1), ((ColdBind)errand.Request).Binding);
    }

    [Fact]
    public void Demotion_ordered_while_an_asker_has_a_flushed_copy_written_flushes_all_keys_anew()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new BindAlias(Id(1), Key(2)));
        ErrandsIn(tier.Step(new MakeDurable(Id(1), Key(1), Minute))).ForEach(e => tier.Store(e));
        tier.Step(new Reserve(1, Minute));
        var put = Assert.Single(ErrandsIn(tier.Step(new MakeDurable(Id(1), Key(1), Minute))));
        Assert.Empty(tier.Demote(1, copy));
        var bind = Assert.Single(ErrandsIn(tier.Store(put)));
        Assert.Equal(Key(2), ((ColdBind)bind.Request).Binding);
        Assert.Equal(1, tier.Store(bind).Count(e => e.Message is Evict));
    }

    [Fact]
    public void Block_that_leaves_while_it_is_written_has_no_more_keys_sent()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        for (var key = 2; key <= 40; key++)
            tier.Step(new BindAlias(Id(1), Key(key)));
        tier.Step(new Reserve(1, Minute));
        var errands = tier.Demote(1, copy);
        tier.Step(new Drop(Id(1), copy));
        foreach (var errand in errands.SkipLast(1))
            Assert.Empty(tier.Store(errand));
        Assert.Contains(tier.Store(errands[^1]), e => e.Message is Reserved);
    }

    [Fact]
    public void Verdict_on_a_copy_is_void_when_its_room_is_not_needed_any_more()
    {
        using var tier = new TierFixture(granules: 2, settings: WithCold with { EvictionsInFlightMax = 1 });
        var (first, second) = (tier.Put(1), tier.Put(2));
        tier.Step(new Reserve(2 * Granule, Minute, Ticket: 1));
        var errand = ErrandsIn(tier.Step(new Demote(Id(1), first, TierKind.Cold)))[0];
        Assert.Empty(tier.Answer(errand, NotAdmitted.Instance, Released((ColdPut)errand.Request, durable: false)));
        tier.Step(new Withdraw(1));
        tier.Step(new EvictRefused(Id(2), second, EvictRefusal.Leased));
        Assert.Equal(new Evict(Id(1), first), Assert.Single(tier.Step(new Reserve(1, Minute))).Message);
    }
}
