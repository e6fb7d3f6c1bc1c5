using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Tiering;
using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

/// <summary>Puts that wait for room: their order, their bounds and their ends.</summary>
public sealed class MemoryTierWaitingTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Waiting_put_is_answered_busy_at_its_deadline()
    {
        using var tier = new TierFixture(granules: 1);
        tier.Protected.Add(Id(1));
        tier.Put(1);
        Assert.Empty(tier.Step(new Reserve(1, Second), "writer"));

        tier.Now += Second - TimeSpan.FromTicks(1);
        Assert.Empty(tier.Tick());
        tier.Now += TimeSpan.FromTicks(1);
        var effect = Assert.Single(tier.Tick());
        Assert.Equal("writer", effect.To);
        Assert.Contains("leased, protected or being written", Assert.IsType<Busy>(effect.Message).Reason, StringComparison.Ordinal);
        Assert.False(tier.Core.HasWaitingPuts);
    }

    [Fact]
    public void Put_without_patience_is_answered_at_once()
    {
        using var tier = new TierFixture(granules: 1);
        tier.Protected.Add(Id(1));
        tier.Put(1);
        Assert.IsType<Busy>(Assert.Single(tier.Step(new Reserve(1, TimeSpan.Zero))).Message);
    }

    [Fact]
    public void Waiting_puts_are_bounded_and_served_in_their_order()
    {
        using var tier = new TierFixture(granules: 2, settings: MemoryTierSettings.Default with { WaitingPutsMax = 2 });
        var copy = tier.Put(1, granules: 2);
        tier.Step(new Reserve(2 * Granule, Second), "large");
        tier.Step(new Reserve(Granule, Second), "small");
        Assert.Contains("2 puts wait", Assert.IsType<Busy>(Assert.Single(tier.Step(new Reserve(1, Second))).Message).Reason, StringComparison.Ordinal);

        var served = tier.Step(new EvictGranted(Id(1), copy, WasLast: false)).Where(e => e.Message is Reserved).ToList();
        Assert.Equal(["large"], served.Select(e => e.To));
        Assert.Equal(["small"], tier.Step(new Cancel(((Reserved)served[0].Message).Reservation)).Select(e => e.To));
    }

    [Fact]
    public void Withdrawn_put_leaves_the_queue_to_the_next()
    {
        using var tier = new TierFixture(granules: 4);
        tier.Protected.Add(Id(1));
        tier.Put(1);
        tier.Step(new Reserve(4 * Granule, Second, Ticket: 7), "large");
        tier.Step(new Reserve(Granule, Second, Ticket: 8), "small");
        Assert.Empty(tier.Step(new Withdraw(9)));
        Assert.Empty(tier.Step(new Withdraw(0)));

        var effects = tier.Step(new Withdraw(7));
        Assert.Equal(["large", "small"], effects.Select(e => e.To));
        Assert.IsType<Busy>(effects[0].Message);
        Assert.IsType<Reserved>(effects[1].Message);
        Assert.Empty(tier.Step(new Withdraw(7)));
        Assert.False(tier.Core.HasWaitingPuts);
    }

    [Fact]
    public void Grant_that_nobody_needs_any_more_keeps_the_copy()
    {
        using var tier = new TierFixture(granules: 1);
        var copy = tier.Put(1);
        tier.Step(new Reserve(1, Second));
        tier.Now += Second;
        tier.Tick();
        Assert.Equal(
            [new Effect(Destination.Owners, new AddCopy(Id(1), copy))], tier.Step(new EvictGranted(Id(1), copy, WasLast: true)));
    }
}
