using System.Threading.Channels;
using Cascade.Hosting.Cli.Fleet;

namespace Cascade.Hosting.Tests.Cli.Fleet;

public sealed class FleetWatchTests : IDisposable
{
    private readonly Channel<NodeEnd> _ends = Channel.CreateUnbounded<NodeEnd>();
    private readonly List<string> _said = [];
    private readonly CancellationTokenSource _signal = new();

    public void Dispose() => _signal.Dispose();

    [Fact]
    public async Task Node_that_ended_well_just_before_the_signal_is_not_told()
    {
        _ends.Writer.TryWrite(new NodeEnd(0, 81, 0));
        var watch = FleetWatch.RunAsync(_ends.Reader, 2, _said.Add, new StoppedTime(), _signal.Token);
        await _signal.CancelAsync();
        Assert.True(await watch);
        Assert.Equal(["up: draining"], _said);
    }

    [Fact]
    public async Task Nodes_that_end_by_themselves_are_told_until_none_is_left()
    {
        foreach (var end in (NodeEnd[])[new(1, 82, 137), new(0, 81, 3)])
            _ends.Writer.TryWrite(end);
        Assert.False(await FleetWatch.RunAsync(_ends.Reader, 2, _said.Add, new StoppedTime(), _signal.Token));
        Assert.Equal(
            [
                "up: node 1 (process 82) was ended by signal 9 unasked; 1 of 2 nodes go on; SIGTERM or Ctrl-C drains and stops them",
                "up: node 0 (process 81) ended with exit code 3 unasked; no node is left",
            ],
            _said);
    }

    [Fact]
    public async Task Nodes_that_were_drained_by_others_are_told_and_all_is_well()
    {
        foreach (var end in (NodeEnd[])[new(1, 82, 0), new(0, 81, 0)])
            _ends.Writer.TryWrite(end);
        Assert.True(await FleetWatch.RunAsync(_ends.Reader, 2, _said.Add, new HurriedTime(), _signal.Token));
        Assert.Equal(
            [
                "up: node 1 (process 82) was drained; 1 of 2 nodes go on; SIGTERM or Ctrl-C drains and stops them",
                "up: node 0 (process 81) was drained; no node is left",
            ],
            _said);
    }

    [Fact]
    public async Task Node_that_failed_is_not_forgotten_when_the_last_one_drains()
    {
        foreach (var end in (NodeEnd[])[new(1, 82, 137), new(0, 81, 0)])
            _ends.Writer.TryWrite(end);
        Assert.False(await FleetWatch.RunAsync(_ends.Reader, 2, _said.Add, new HurriedTime(), _signal.Token));
        Assert.Equal("up: node 0 (process 81) was drained; no node is left", _said[^1]);
    }

    /// <summary>No timer ever fires.</summary>
    private sealed class StoppedTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Every timer fires at once.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
