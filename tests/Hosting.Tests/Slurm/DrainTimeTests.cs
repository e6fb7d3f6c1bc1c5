using Cascade.Actors.Simulation;
using Cascade.Hosting.Node;

namespace Cascade.Hosting.Tests.Slurm;

/// <summary>The bound of a drain: parts get what is left, and the whole is not exceeded.</summary>
public sealed class DrainTimeTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    private readonly VirtualTimeProvider _clock = new();

    [Fact]
    public void Part_that_needs_little_leaves_the_rest_to_the_next()
    {
        var time = new DrainTime(_clock, TimeSpan.FromSeconds(24));
        Assert.Equal(TimeSpan.FromSeconds(8), time.Share(1 / 3.0));
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20)), (time.Share(0.5), time.Left));
    }

    [Fact]
    public void When_nothing_is_left_what_is_ready_still_counts()
    {
        var time = new DrainTime(_clock, TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((Moment, Moment), (time.Left, time.Share(0.5)));
    }

    [Fact]
    public async Task What_does_not_end_is_given_up_when_nothing_is_left()
    {
        var time = new DrainTime(_clock, TimeSpan.FromSeconds(20));
        _clock.Advance(TimeSpan.FromSeconds(15));
        var hung = time.IsDoneAsync(new TaskCompletionSource().Task);
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.False(hung.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await hung);
        Assert.True(await time.IsDoneAsync(Task.CompletedTask));
        await Assert.ThrowsAsync<TimeoutException>(() => time.IsDoneAsync(Task.FromException(new TimeoutException("of the part itself"))));
    }
}
