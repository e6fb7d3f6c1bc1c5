namespace Cascade.Hosting.Tests.Embedding;

public sealed class CallTimeTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    private readonly StandingTime _time = new();

    [Fact]
    public void Call_waits_until_its_deadline_and_ends_a_little_later()
    {
        var call = new CallTime(_time, Deadline);
        Assert.Equal((Deadline, Deadline + CallTime.Grace), (call.Left, call.LeftToEnd));
        _time.Advance(Deadline + TimeSpan.FromMilliseconds(30));
        Assert.Equal((TimeSpan.Zero, CallTime.Grace - TimeSpan.FromMilliseconds(30)), (call.Left, call.LeftToEnd));
        _time.Advance(CallTime.Grace);
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero, Deadline), (call.Left, call.LeftToEnd, call.Deadline));
    }

    [Fact]
    public void Work_is_added_to_the_time_of_a_call()
    {
        var call = new CallTime(_time, Deadline);
        _time.Advance(TimeSpan.FromSeconds(5));
        var later = call.LaterBy(TimeSpan.FromSeconds(4));
        Assert.Equal((TimeSpan.FromSeconds(1), Deadline), (later.Left, later.Deadline));
        Assert.Equal(TimeSpan.FromSeconds(1) + CallTime.Grace, later.LeftToEnd);
    }

    /// <summary>A clock that stands until it is moved.</summary>
    private sealed class StandingTime : TimeProvider
    {
        private TimeSpan _now = TimeSpan.FromHours(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => _now += by;

        public override long GetTimestamp() => _now.Ticks;
    }
}
