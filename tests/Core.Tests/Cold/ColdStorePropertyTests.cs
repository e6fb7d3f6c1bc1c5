using Cascade.Core.Log;

namespace Cascade.Core.Tests.Cold;

public sealed class ColdStorePropertyTests
{
    private const int Page = LogRecordHeader.SizeBytes;

    /// <summary>Room for everything and a device that only reorders: what was acknowledged is there, crash or not.</summary>
    [Fact]
    public void Random_runs_with_crashes_lose_nothing_and_bring_nothing_back()
    {
        for (var seed = 0; seed < 400; seed++)
            new ColdRandomRun(seed, ColdHarness.Small with { CapacityBytes = 4096 * 16 * Page }, DeviceFaults.None, isRoomy: true).Run(400);
    }

    [Fact]
    public void Random_runs_with_eviction_never_pass_the_capacity_or_give_a_wrong_block()
    {
        for (var seed = 1000; seed < 1300; seed++)
            new ColdRandomRun(seed, ColdHarness.Small with { CapacityBytes = 6 * 16 * Page }, DeviceFaults.None, isRoomy: false).Run(400);
    }

    [Fact]
    public void Random_runs_with_failing_writes_and_flushes_lose_nothing_durable()
    {
        var faults = new DeviceFaults { WriteError = 30, FlushError = 30, OtherError = 30 };
        for (var seed = 2000; seed < 2300; seed++)
            new ColdRandomRun(seed, ColdHarness.Small with { CapacityBytes = 4096 * 16 * Page }, faults, isRoomy: true).Run(400);
    }

    [Fact]
    public void Random_runs_with_all_faults_and_eviction_never_give_a_wrong_block()
    {
        for (var seed = 3000; seed < 3150; seed++)
        {
            var faults = new DeviceFaults { WriteError = 20, FlushError = 20, OtherError = 40, ReadError = 40, SpaceBytes = (seed % 3 == 0 ? 5 : 100) * 16 * Page };
            new ColdRandomRun(seed, ColdHarness.Small with { CapacityBytes = 8 * 16 * Page }, faults, isRoomy: false).Run(400);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace()
    {
        var faults = new DeviceFaults { WriteError = 20, FlushError = 20, OtherError = 20, ReadError = 20 };
        var settings = ColdHarness.Small with { CapacityBytes = 8 * 16 * Page };
        Assert.Equal(new ColdRandomRun(77, settings, faults, isRoomy: false).Run(500), new ColdRandomRun(77, settings, faults, isRoomy: false).Run(500));
    }
}
