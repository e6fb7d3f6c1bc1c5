using static Cascade.Core.Tests.Tiering.TierFixture;

namespace Cascade.Core.Tests.Tiering;

public sealed class MemoryTierColdProperties
{
    /// <summary>
    /// Random puts, aliases, releases, drops, pins, registrations, reads and durable asks over a cold tier and owners that answer
    /// anything at any time. After every step nothing that is written, pinned or protected is gone, and no copy went with a key that the disk
    /// does not hold. In the end all is given back, the headroom is there, and everybody was answered once and in time.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Any_order_of_events_loses_no_key_and_answers_everybody(int seed)
    {
        var random = new Random(seed);
        var settings = WithCold with
        {
            HeadroomBytes = 4 * Granule,
            DemotionsInFlightMax = 1 + random.Next(6),
            EvictionTimeout = TimeSpan.FromMilliseconds(100),
            DemoteTimeout = TimeSpan.FromMilliseconds(400),
            RoomTimeout = TimeSpan.FromMilliseconds(300),
            WaitingPutsMax = 8,
        };
        using var tier = new TierFixture(granules: 24, slots: 16, settings);
        var run = new ColdTierRun(tier, settings, random);
        for (var step = 0; step < 12000; step++)
            run.OneStep();
        run.Finish();
    }
}
