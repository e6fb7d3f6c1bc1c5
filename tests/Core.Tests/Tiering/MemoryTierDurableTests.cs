using Cascade.Core.Cold;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Tiering;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

/// <summary>Blocks and keys that are to survive the machine.</summary>
public sealed class MemoryTierDurableTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    [Fact]
    public void Block_in_memory_is_written_with_its_key_and_stays_where_it_is()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        var errand = Ask(tier, 1);
        Assert.Equal(
            new ColdPut(Id(1), new PayloadMemory(copy.OffsetBytes, Granule), Key(1), Frequency: 0, Durable: true, Second), errand.Request);
        Assert.Empty(tier.Answer(errand, new ColdStored(true)));
        Assert.Equal([new Effect("writer", new MadeDurable(Id(1)))], tier.Answer(errand, Released((ColdPut)errand.Request)));

        // What is all flushed need not be written once more to be given up.
        tier.Step(new Reserve(1, Minute), "other");
        Assert.Equal("other", Assert.Single(tier.Step(new EvictGranted(Id(1), copy, WasLast: false))).To);
        Assert.Equal(0, tier.Report().Demoted);
    }

    [Fact]
    public void Block_that_is_not_in_memory_has_its_key_bound_where_it_is()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var errand = Ask(tier, 1);
        Assert.Equal(new ColdBind(Id(1), Key(1), Durable: true, Second), errand.Request);
        Assert.Equal([new Effect("writer", new MadeDurable(Id(1)))], tier.Answer(errand, new ColdStored(true)));
        Assert.Equal([new Effect("writer", NotFound.Instance)], tier.Answer(Ask(tier, 1), NotFound.Instance));
        Assert.Equal([new Effect("writer", new Busy("full"))], tier.Answer(Ask(tier, 1), new Busy("full")));
    }

    [Fact]
    public void Block_that_is_leaving_memory_has_its_key_bound_where_else_it_is()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Arena.Pinned.Add(copy.Slot);
        tier.Step(new Drop(Id(1), copy));
        Assert.IsType<ColdBind>(Ask(tier, 1).Request);
    }

    [Fact]
    public void Flushed_block_is_asked_for_anew_for_the_cold_tier_may_have_given_it_up()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        tier.Put(1);
        tier.Step(new BindAlias(Id(1), Key(2)));
        var errands = ErrandsIn(tier.Step(new MakeDurable(Id(1), Key(1), Second), "writer"));
        errands.ForEach(e => tier.Store(e));
        var put = Assert.IsType<ColdPut>(Ask(tier, 1, key: 2).Request);
        Assert.Equal(Key(2), put.Binding);
    }

    [Fact]
    public void Key_that_the_arena_has_no_room_for_is_flushed_all_the_same()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        tier.Put(1);
        tier.Store(Ask(tier, 1));
        var errand = Ask(tier, 1, key: 2);
        Assert.Equal(Key(2), ((ColdPut)errand.Request).Binding);
        Assert.Equal([new Effect("writer", new MadeDurable(Id(1)))], tier.Store(errand));
    }

    [Fact]
    public void Askers_of_one_block_share_its_write_and_wait_for_their_own_keys_only()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        tier.Put(1);
        var put = Ask(tier, 1);
        Assert.Empty(tier.Step(new MakeDurable(Id(1), Key(1), Second), "second"));
        tier.Step(new BindAlias(Id(1), Key(2)));
        Assert.Empty(tier.Step(new MakeDurable(Id(1), Key(2), Second), "third"));
        var effects = tier.Store(put);
        Assert.Equal(["writer", "second"], effects.Where(e => e.Message is MadeDurable).Select(e => e.To));
        var bind = Assert.Single(ErrandsIn(effects));
        Assert.Equal([new Effect("third", new MadeDurable(Id(1)))], tier.Store(bind));
    }

    [Fact]
    public void Asker_that_joins_the_write_of_a_flushed_copy_has_its_own_key_asked_for()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        tier.Put(1);
        tier.Step(new BindAlias(Id(1), Key(2)));
        ErrandsIn(tier.Step(new MakeDurable(Id(1), Key(1), Second))).ForEach(e => tier.Store(e));
        var put = Ask(tier, 1);
        tier.Step(new MakeDurable(Id(1), Key(2), Second), "second");
        var effects = tier.Store(put);
        Assert.Equal(["writer"], effects.Where(e => e.Message is MadeDurable).Select(e => e.To));
        Assert.Equal([new Effect("second", new MadeDurable(Id(1)))], tier.Store(Assert.Single(ErrandsIn(effects))));
    }

    [Fact]
    public void Asker_of_what_was_flushed_within_the_write_under_way_is_answered_at_once()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        tier.Put(1);
        tier.Step(new BindAlias(Id(1), Key(2)));
        var errands = ErrandsIn(tier.Step(new MakeDurable(Id(1), Key(1), Second), "writer"));
        tier.Store(errands[0]);
        Assert.Equal(
            [new Effect("second", new MadeDurable(Id(1)))], tier.Step(new MakeDurable(Id(1), Key(1), Second), "second"));
    }

    [Fact]
    public void Asker_joins_a_demotion_which_is_then_carried_through_whatever_it_is_worth()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute));
        var errand = Assert.Single(tier.Demote(1, copy));
        Assert.Empty(tier.Step(new MakeDurable(Id(1), Key(1), Second), "writer"));
        errand = Assert.Single(ErrandsIn(
            tier.Answer(errand, Released((ColdPut)errand.Request, durable: false), NotAdmitted.Instance)));
        Assert.True(((ColdPut)errand.Request).Durable);
        Assert.Equal(
            [new Effect("writer", new MadeDurable(Id(1))), new Effect(Destination.Owners, new Evict(Id(1), copy))], tier.Store(errand));
    }

    [Fact]
    public void Eviction_granted_while_an_asker_has_the_copy_written_waits_for_that()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute), "other");
        var errand = Ask(tier, 1);
        Assert.Equal([new Effect(Destination.Owners, new AddCopy(Id(1), copy))], tier.Step(new EvictGranted(Id(1), copy, WasLast: false)));
        Assert.Equal(
            [new Effect("writer", new MadeDurable(Id(1))), new Effect(Destination.Owners, new Evict(Id(1), copy))], tier.Store(errand));
        Assert.Equal("other", Assert.Single(tier.Step(new EvictGranted(Id(1), copy, WasLast: false))).To);
    }

    [Fact]
    public void Last_copy_granted_away_while_an_asker_has_it_written_stays()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Minute));
        Ask(tier, 1);
        Assert.Equal([new Effect(Destination.Owners, new AddCopy(Id(1), copy))], tier.Step(new EvictGranted(Id(1), copy, WasLast: true)));
        Assert.True(tier.Arena.TryFind(Id(1), out _));
    }

    public static TheoryData<object> Verdicts() => [new Refused("too large"), new Unavailable("no disk")];

    [Theory]
    [MemberData(nameof(Verdicts))]
    public void Verdict_of_the_cold_tier_is_passed_on_and_the_copy_stays(object verdict)
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        tier.Put(1);
        var errand = Ask(tier, 1);
        Assert.Equal([new Effect("writer", verdict)], tier.Answer(errand, verdict, Released((ColdPut)errand.Request, durable: false)));
        Assert.True(tier.Arena.TryFind(Id(1), out _));
    }

    [Fact]
    public void Busy_cold_tier_is_asked_again_until_the_time_of_the_asker_is_over()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        tier.Put(1);
        var errand = Ask(tier, 1);
        Assert.Empty(tier.Answer(errand, new Busy("full"), Released((ColdPut)errand.Request, durable: false)));
        Assert.True(tier.Core.NeedsTicksSoon);
        tier.Now += Pause;
        errand = Assert.Single(ErrandsIn(tier.Tick()));
        Assert.Equal(Second - Pause, ((ColdPut)errand.Request).Timeout);
        tier.Answer(errand, new Busy("full"), Released((ColdPut)errand.Request, durable: false));

        tier.Now += Second - Pause;
        var effect = Assert.Single(tier.Tick());
        Assert.Equal("writer", effect.To);
        Assert.EndsWith("full", Assert.IsType<Busy>(effect.Message).Reason, StringComparison.Ordinal);
        Assert.False(tier.Core.NeedsTicksSoon);
    }

    [Fact]
    public void Answer_that_comes_after_the_time_of_the_asker_is_not_passed_on()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        tier.Put(1);
        var (put, bind) = (Ask(tier, 1), Ask(tier, 2));
        tier.Now += Second;
        Assert.Equal(2, tier.Tick().Count(e => e.Message is Busy));
        Assert.Empty(tier.Store(put));
        Assert.Empty(tier.Store(bind));
        Assert.Equal(2, tier.Report().BusyAnswers);
    }

    [Fact]
    public void Block_deleted_while_it_is_written_is_not_found()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        tier.Step(new BindAlias(Id(1), Key(2)));
        var errands = ErrandsIn(tier.Step(new MakeDurable(Id(1), Key(2), Second), "writer"));
        tier.Step(new Drop(Id(1), copy));
        Assert.Empty(tier.Answer(errands[1], new Busy("full")));
        Assert.Contains(new Effect("writer", NotFound.Instance), tier.Store(errands[0]));
    }

    [Fact]
    public void Block_deleted_while_its_write_is_in_a_pause_is_not_found_at_once()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold);
        var copy = tier.Put(1);
        var errand = Ask(tier, 1);
        tier.Answer(errand, new Busy("full"), Released((ColdPut)errand.Request, durable: false));
        Assert.Contains(new Effect("writer", NotFound.Instance), tier.Step(new Drop(Id(1), copy)));
        tier.Now += Pause;
        Assert.Empty(tier.Tick());
        Assert.False(tier.Core.NeedsTicksSoon);
    }

    [Fact]
    public void Askers_are_bounded_and_one_without_patience_is_answered_at_once()
    {
        using var tier = new TierFixture(granules: 1, settings: WithCold with { WaitingPutsMax = 1 });
        Assert.IsType<Busy>(Assert.Single(tier.Step(new MakeDurable(Id(1), Key(1), TimeSpan.Zero))).Message);
        var errand = Ask(tier, 1);
        Assert.Contains("1 puts wait", Assert.IsType<Busy>(Assert.Single(tier.Step(new MakeDurable(Id(2), Key(2), Second))).Message).Reason, StringComparison.Ordinal);
        tier.Store(errand);
        Ask(tier, 2);
    }

    [Fact]
    public void Tier_without_a_cold_one_says_so()
    {
        using var tier = new TierFixture(granules: 1);
        tier.Put(1);
        Assert.IsType<Unavailable>(Assert.Single(tier.Step(new MakeDurable(Id(1), Key(1), Second))).Message);
    }

    private static ColdErrand Ask(TierFixture tier, int n, int? key = null) =>
        Assert.Single(ErrandsIn(tier.Step(new MakeDurable(Id(n), Key(key ?? n), Second), "writer")));
}
