using Cascade.Core.Fabric;
using Cascade.Tiers.Mpi;
using Cascade.Tiers.Tests.Fabric;

namespace Cascade.Mpi.Tests;

/// <summary>The thread that polls for others rests while one of large pulls polls, and no longer.</summary>
public sealed class OwnPollsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public void There_are_some_until_the_last_thread_ends()
    {
        var polls = new OwnPolls();
        Assert.False(polls.Any);
        polls.Begin();
        polls.Begin();
        polls.End();
        Assert.True(polls.Any);
        polls.End();
        Assert.False(polls.Any);
    }

    [Fact]
    public void Waiting_for_none_is_over_at_once()
    {
        var polls = new OwnPolls();
        polls.AwaitEnd(Timeout.InfiniteTimeSpan);
        polls.Begin();
        polls.AwaitEnd(TimeSpan.Zero);
        Assert.True(polls.Any);
    }

    [Fact]
    public async Task Waiting_is_over_with_the_last_thread()
    {
        var polls = new OwnPolls();
        polls.Begin();
        polls.Begin();
        var waiting = Task.Factory.StartNew(
            () => polls.AwaitEnd(Timeout.InfiniteTimeSpan), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        polls.End();
        Assert.False(waiting.IsCompleted);
        polls.End();
        await waiting.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(300 << 10, 1)]
    [InlineData(8192, 0)]
    public async Task Thread_of_large_pulls_alone_says_that_it_polls(int length, int expected)
    {
        using var box = new MpiSandbox();
        var copy = box.Box.Put(1, length);
        using var target = new TargetMemory(length);
        var most = 0;
        box.Ranks.OnRead = _ => most = Math.Max(most, box.Ranks.Polling);
        foreach (var lane in box.Fabric.Lanes)
            lane.Start();
        var result = await box.Pull(copy, target).WaitAsync(Patience, TestContext.Current.CancellationToken);
        foreach (var lane in box.Fabric.Lanes)
            Assert.True(lane.Close(Patience));
        Assert.Equal(PullOutcome.Done, result.Outcome);
        Assert.Equal((expected, 0), (most, box.Ranks.Polling));
    }
}
