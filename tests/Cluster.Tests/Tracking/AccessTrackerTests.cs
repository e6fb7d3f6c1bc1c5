using Cascade.Actors;
using Cascade.Cluster.Tests.Simulation;
using Cascade.Cluster.Tracking;
using Cascade.Core.Messages;
using Cascade.Core.Tracking;

namespace Cascade.Cluster.Tests.Tracking;

public sealed class AccessTrackerTests : IDisposable
{
    private readonly SimulatedSystem _sim = new();
    private readonly AccessLog _log = new(8);
    private readonly IActorRef _tracker;

    public AccessTrackerTests()
    {
        _tracker = _sim.System.ActorOf(AccessTracker.Props(new AccessTrackerSettings { ExpectedBlocks = 1024 }, _log));
        _sim.Run();
    }

    [Fact]
    public void Estimate_counts_what_is_still_in_the_log()
    {
        Read(1, times: 3);
        Read(2, times: 1);
        Assert.Equal([3, 1, 0], new[] { Estimate(1), Estimate(2), Estimate(3) });
        Read(1, times: 2);
        Assert.Equal(5, Estimate(1));
    }

    [Fact]
    public void Log_is_drained_by_the_clock_so_that_it_does_not_stay_full()
    {
        Read(1, times: 8);
        Assert.False(_log.TryWrite(1));
        _sim.Advance(TimeSpan.FromMilliseconds(200));
        Read(1, times: 2);
        Assert.Equal(10, Estimate(1));
        Assert.Equal(1, _log.Lost);
    }

    public void Dispose() => _sim.Dispose();

    private void Read(int block, int times)
    {
        for (var i = 0; i < times; i++)
            Assert.True(_log.TryWrite(Sample.Block(block).Prefix64));
    }

    private int Estimate(int block) => _sim.Ask<FrequencyEstimate>(_tracker, new EstimateFrequency(Sample.Block(block))).Reads;
}
