using Cascade.Actors.Remoting;

namespace Cascade.Actors.Tests.Remoting;

public sealed class LargestMessageTests
{
    private readonly RemoteWorld _world = new();
    private readonly RemoteNode _a;
    private readonly RemoteNode _b;
    private readonly IActorRef _echo;

    public LargestMessageTests()
    {
        _a = _world.Start("a");
        _b = _world.Start("b");
        _b.Echo();
        _echo = _a.At(_b, "/user/echo");
    }

    [Fact]
    public void Largest_message_is_that_of_whole_frames_at_both_ends()
    {
        _echo.Tell(7);
        _world.Advance(0.1);

        // Length, version and kind; the recipient's kind, uid, length and path; no sender; type and an int.
        var expected = 4 + 2 + (1 + 4 + 2 + "/user/echo".Length) + 1 + 4 + 4;
        Assert.Equal((expected, expected), (_a.Remote.LargestMessageBytes, _b.Remote.LargestMessageBytes));
        _echo.Tell("seven");
        _world.Advance(0.1);
        Assert.Equal((expected + 1, expected + 1), (_a.Remote.LargestMessageBytes, _b.Remote.LargestMessageBytes));
    }

    [Fact]
    public void Smaller_messages_leave_the_largest_and_replies_count_as_well()
    {
        Assert.Equal(100_000, _a.Ask(_echo, new byte[100_000]).Reply);
        var largest = _a.Remote.LargestMessageBytes;
        Assert.InRange(largest, 100_000, 100_100);
        Assert.Equal(largest, _b.Remote.LargestMessageBytes);
        Assert.Equal(42, _a.Ask(_echo, 41).Reply);
        Assert.Equal((largest, largest), (_a.Remote.LargestMessageBytes, _b.Remote.LargestMessageBytes));

        var text = new string('x', 200_000);
        Assert.Equal($"echo {text}", _a.Ask(_echo, text).Reply);
        Assert.InRange(_a.Remote.LargestMessageBytes, 200_005, 200_105);
        Assert.Equal(_a.Remote.LargestMessageBytes, _b.Remote.LargestMessageBytes);
    }

    [Fact]
    public void What_stays_within_a_system_and_what_is_not_sent_does_not_count()
    {
        _a.Echo();
        Assert.Equal("echo x", _a.Ask(_a.Remote.Resolve(_a.Remote.Address, "/user/echo"), "x").Reply);
        Assert.IsType<UncodedMessageException>(_a.Ask(_echo, new byte[(4 << 20) + 1]).Failure);
        Assert.IsType<UncodedMessageException>(_a.Ask(_echo, new object()).Failure);

        // Heartbeats are no messages.
        _world.Advance(5);
        Assert.Equal((0, 0), (_a.Remote.LargestMessageBytes, _b.Remote.LargestMessageBytes));
    }

    [Fact]
    public void Remoting_of_a_system_is_found_by_it()
    {
        Assert.Same(_a.Remote, RemoteSystem.Of(_a.System));
        Assert.Null(RemoteSystem.Of(ActorSystem.Create("alone")));
    }
}
