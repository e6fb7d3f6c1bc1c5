using Cascade.Core.Fabric;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Tests.Fabric;

public sealed class FabricChooserTests
{
    private static readonly NodeId Peer = new(7);
    private static readonly FabricStep Miss = new(FabricAction.Miss);
    private static readonly FabricStep Mapping = new(FabricAction.Try, FabricKind.Mapping);
    private static readonly FabricStep Mpi = new(FabricAction.Try, FabricKind.Mpi);
    private static readonly FabricStep Tcp = new(FabricAction.Try, FabricKind.Tcp);

    private readonly FabricChooser _chooser = new(new FabricChooserSettings { FirstBackOff = Ms(100), MaxBackOff = Ms(350), MaxPeers = 2 });

    public FabricChooserTests() => _chooser.TrySetFabrics(Peer, [FabricKind.Mpi, FabricKind.Tcp]);

    [Fact]
    public void Pull_goes_by_the_best_fabric_then_by_the_next_then_is_a_miss()
    {
        Assert.Equal(Mpi, _chooser.Begin(Ms(0), Peer, out var trial));
        Assert.Equal(Tcp, _chooser.Report(Ms(1), ref trial, PullOutcome.Unreachable));
        Assert.Equal(Miss, _chooser.Report(Ms(2), ref trial, PullOutcome.Unreachable));
        Assert.Equal(Miss, _chooser.Begin(Ms(3), Peer, out _));
        Assert.Equal(Miss, _chooser.Begin(Ms(3), new NodeId(8), out _));
    }

    [Theory]
    [InlineData(PullOutcome.Done, FabricAction.Finish)]
    [InlineData(PullOutcome.Stale, FabricAction.Miss)]
    [InlineData(PullOutcome.Cancelled, FabricAction.Miss)]
    public void Outcome_that_is_no_fault_of_the_fabric_ends_the_pull_and_rests_nothing(PullOutcome outcome, FabricAction action)
    {
        _chooser.Begin(Ms(0), Peer, out var trial);
        Assert.Equal(action, _chooser.Report(Ms(1), ref trial, outcome).Action);
        Assert.Equal(Mpi, _chooser.Begin(Ms(2), Peer, out _));
    }

    [Fact]
    public void Busy_fabric_is_passed_over_by_this_pull_alone()
    {
        _chooser.Begin(Ms(0), Peer, out var trial);
        Assert.Equal(Tcp, _chooser.Report(Ms(1), ref trial, PullOutcome.Busy));
        Assert.Equal(Mpi, _chooser.Begin(Ms(1), Peer, out _));
        Assert.Equal(Miss, _chooser.Report(Ms(1), ref trial, PullOutcome.Busy));
    }

    [Fact]
    public void Timed_out_fabric_rests_and_the_pull_is_a_miss()
    {
        _chooser.Begin(Ms(0), Peer, out var trial);
        Assert.Equal(Miss, _chooser.Report(Ms(1), ref trial, PullOutcome.TimedOut));
        Assert.Equal(Tcp, _chooser.Begin(Ms(2), Peer, out _));
    }

    [Fact]
    public void Rest_doubles_to_its_limit_and_one_pull_at_a_time_finds_out()
    {
        _chooser.TrySetFabrics(Peer, [FabricKind.Tcp]);
        var now = 0;
        foreach (var rest in new[] { 100, 200, 350, 350 })
        {
            Assert.Equal(Tcp, _chooser.Begin(Ms(now), Peer, out var trial));
            Assert.Equal(now == 0 ? Tcp : Miss, _chooser.Begin(Ms(now), Peer, out _));
            _chooser.Report(Ms(now), ref trial, PullOutcome.Unreachable);
            Assert.Equal(Miss, _chooser.Begin(Ms(now + rest - 1), Peer, out _));
            now += rest;
        }

        Assert.Equal(Tcp, _chooser.Begin(Ms(now), Peer, out var last));
        Assert.Equal(new FabricStep(FabricAction.Finish), _chooser.Report(Ms(now), ref last, PullOutcome.Done));
        Assert.Equal(Tcp, _chooser.Begin(Ms(now), Peer, out _));
        Assert.Equal(Tcp, _chooser.Begin(Ms(now), Peer, out _));
    }

    [Fact]
    public void Pulls_that_fail_together_count_once()
    {
        var trials = new FabricTrial[5];
        foreach (ref var trial in trials.AsSpan())
            Assert.Equal(Mpi, _chooser.Begin(Ms(0), Peer, out trial));
        foreach (ref var trial in trials.AsSpan())
            Assert.Equal(Tcp, _chooser.Report(Ms(1), ref trial, PullOutcome.Unreachable));
        Assert.Equal(Mpi, _chooser.Begin(Ms(101), Peer, out _));
    }

    [Fact]
    public void Probe_that_never_reports_only_costs_another_rest()
    {
        _chooser.Begin(Ms(0), Peer, out var trial);
        _chooser.Report(Ms(0), ref trial, PullOutcome.Unreachable);
        Assert.Equal(Mpi, _chooser.Begin(Ms(100), Peer, out _));
        Assert.Equal(Tcp, _chooser.Begin(Ms(150), Peer, out _));
        Assert.Equal(Mpi, _chooser.Begin(Ms(200), Peer, out _));
    }

    [Fact]
    public void New_order_keeps_rests_and_a_forgotten_peer_starts_anew()
    {
        _chooser.Begin(Ms(0), Peer, out var trial);
        _chooser.Report(Ms(0), ref trial, PullOutcome.Unreachable);
        Assert.True(_chooser.TrySetFabrics(Peer, [FabricKind.Mapping, FabricKind.Mpi]));
        Assert.Equal(Mapping, _chooser.Begin(Ms(1), Peer, out trial));
        Assert.Equal(Miss, _chooser.Report(Ms(1), ref trial, PullOutcome.Busy));
        _chooser.Forget(Peer);
        Assert.Equal(Miss, _chooser.Begin(Ms(1), Peer, out _));
        _chooser.TrySetFabrics(Peer, [FabricKind.Mpi]);
        Assert.Equal(Mpi, _chooser.Begin(Ms(1), Peer, out _));
    }

    [Fact]
    public void Peers_are_bounded_and_an_order_names_each_fabric_once()
    {
        Assert.True(_chooser.TrySetFabrics(new NodeId(8), []));
        Assert.False(_chooser.TrySetFabrics(new NodeId(9), [FabricKind.Tcp]));
        Assert.True(_chooser.TrySetFabrics(new NodeId(8), [FabricKind.Tcp]));
        Assert.Equal(2, _chooser.PeerCount);
        Assert.Throws<ArgumentException>(() => _chooser.TrySetFabrics(Peer, [FabricKind.Tcp, FabricKind.Tcp]));
        Assert.Throws<ArgumentException>(() => new FabricChooser(new FabricChooserSettings { FirstBackOff = TimeSpan.Zero }));
    }

    [Fact]
    public void Faster_fabric_is_found_by_pulls_that_come_anyway_and_looked_at_again_later()
    {
        var chooser = new FabricChooser(new FabricChooserSettings { BySpeed = true, MeasureFromBytes = 1000, MeasuredPulls = 2, MeasureAgainAfter = Ms(500) });
        chooser.TrySetFabrics(Peer, [FabricKind.Mpi, FabricKind.Tcp]);

        // Small pulls tell nothing: they go in order. Large ones go by each in turn, here 10 ms by MPI and 5 ms by TCP.
        Assert.Equal((Mpi, Mpi), (Pull(0, 999, 1), Pull(0, 999, 1)));
        Assert.Equal((Mpi, Tcp, Mpi, Tcp), (Pull(0, 1000, 10), Pull(10, 1000, 5), Pull(20, 1000, 10), Pull(30, 1000, 5)));
        Assert.Equal((Tcp, Tcp), (Pull(40, 1000, 5), Pull(50, 999, 1)));

        // The network has changed: one pull by MPI is enough to see it.
        Assert.Equal(Tcp, Pull(519, 1000, 5));
        Assert.Equal(Mpi, Pull(530, 1000, 1));
        Assert.Equal((Mpi, Mpi), (Pull(540, 1000, 1), Pull(541, 1, 1)));

        // Where it fails, the other is next, and what the mapping reaches is mapped.
        chooser.Begin(Ms(550), Peer, out var trial, 1000);
        Assert.Equal(Tcp, chooser.Report(Ms(551), ref trial, PullOutcome.Unreachable));
        Assert.Equal(Miss, chooser.Report(Ms(552), ref trial, PullOutcome.Unreachable));
        chooser.TrySetFabrics(Peer, [FabricKind.Mapping, FabricKind.Mpi, FabricKind.Tcp]);
        Assert.Equal(Mapping, chooser.Begin(Ms(2000), Peer, out _, 1000));

        FabricStep Pull(int at, long bytes, int took)
        {
            var step = chooser.Begin(Ms(at), Peer, out var pull, bytes);
            chooser.Report(Ms(at + took), ref pull, PullOutcome.Done);
            return step;
        }
    }

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
