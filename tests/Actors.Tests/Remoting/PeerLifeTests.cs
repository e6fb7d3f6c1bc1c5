using Cascade.Actors.Remoting;

namespace Cascade.Actors.Tests.Remoting;

/// <summary>Lives of a node at one address, as the host knows of them otherwise than by connections.</summary>
public sealed class PeerLifeTests
{
    private readonly RemoteWorld _world = new();
    private readonly RemoteNode _a;
    private readonly IActorRef _echo;
    private readonly Address _address;
    private RemoteNode _b;

    public PeerLifeTests()
    {
        _a = _world.Start("a");
        _b = _world.Start("b");
        _b.Echo();
        _echo = _a.At(_b, "/user/echo");
        _address = _b.Remote.Address;
    }

    [Fact]
    public void Removed_node_that_comes_back_is_reached_at_once()
    {
        AskOk();
        _a.Remote.MarkDown(_address, 1);
        Restart();
        Assert.IsType<PeerUnreachableException>(_a.Ask(_echo, "x").Failure);
        _a.Remote.MarkUp(_address, 2);
        AskOk();
    }

    [Fact]
    public void Ref_of_one_life_reaches_no_other()
    {
        AskOk();
        var first = _a.Remote.Resolve(_address, "/user/echo", incarnation: 1);
        Assert.Null(_a.Ask(first, "x").Failure);
        Restart();
        _a.Remote.MarkUp(_address, 2);
        AskOk();
        Assert.IsType<PeerUnreachableException>(_a.Ask(first, "x").Failure);
        Assert.Null(_a.Ask(_a.Remote.Resolve(_address, "/user/echo", incarnation: 2), "x").Failure);
    }

    [Fact]
    public void What_was_told_to_a_life_while_it_was_dialed_is_not_given_to_the_next()
    {
        _a.Remote.MarkUp(_address, 1);
        Restart();
        // The first word has the node dialed: by then nobody knows that another life answers.
        Assert.IsType<PeerUnreachableException>(_a.Ask(_a.Remote.Resolve(_address, "/user/echo", incarnation: 1), "x").Failure);
        AskOk();
    }

    [Fact]
    public void Word_of_the_end_of_a_former_life_that_comes_late_leaves_the_present_one_alone()
    {
        AskOk();
        Restart();
        _a.Remote.MarkUp(_address, 2);
        _a.Remote.MarkDown(_address, 1);
        AskOk();
        var open = _echo.Ask<object>("silent", TimeSpan.FromSeconds(30));
        _world.Advance(0.1);
        _a.Remote.MarkDown(_address, 1);
        _a.Remote.MarkUp(_address, 1);
        _world.Advance(0.1);
        Assert.False(open.IsCompleted);
        Assert.True(_a.Remote.IsConnected(_address));
    }

    [Fact]
    public void Life_that_greeted_is_not_barred_by_the_end_of_one_before_it()
    {
        Restart();
        AskOk();
        _a.Remote.MarkDown(_address, 1);
        AskOk();
    }

    [Fact]
    public void Next_life_takes_the_place_of_a_former_one_whose_connection_seems_to_live()
    {
        AskOk();
        var watcher = _a.Probe("watcher");
        watcher.Ref.Tell(new WatchIt(_echo));
        _world.Advance(0.1);
        var open = _echo.Ask<object>("silent", TimeSpan.FromSeconds(30));
        _world.Advance(0.1);
        _world.Network.Partition("a", "b");
        _b.System.Dispose();
        _world.Advance(0.1);
        _world.Network.Heal();
        _b = _world.Start("b", incarnation: 2);
        _b.Echo();
        Assert.False(open.IsCompleted);
        _a.Remote.MarkUp(_address, 2);
        _world.Dispatcher.RunUntilIdle();
        Assert.IsType<PeerUnreachableException>(open.Exception!.InnerException);
        AskOk();
        Assert.Single(watcher.Of<Terminated>());
    }

    [Fact]
    public void Known_life_is_called_at_once_without_the_wait_for_the_next_attempt()
    {
        _b.System.Dispose();
        _world.Advance(0.1);
        _echo.Tell("lost");
        _world.Advance(120);
        _b = _world.Start("b", incarnation: 2);
        _b.Echo();
        _a.Remote.MarkUp(_address, 2);
        AskOk();
    }

    [Fact]
    public void Watch_that_waits_for_a_node_is_set_once_its_life_is_known()
    {
        _b.System.Dispose();
        _world.Advance(0.1);
        var watcher = _a.Probe("watcher");
        watcher.Ref.Tell(new WatchIt(_echo));
        _world.Advance(1_000);
        _b = _world.Start("b", incarnation: 2);
        var echo = _b.Echo();
        _a.Remote.MarkUp(_address, 2);
        _world.Advance(0.1);
        _b.System.Stop(echo);
        _world.Advance(0.1);
        Assert.Single(watcher.Of<Terminated>());
    }

    [Fact]
    public void Greetings_of_the_marked_life_are_refused_and_those_of_another_taken()
    {
        AskOk();
        _a.Remote.MarkDown(_address, 1);
        var seen = _a.Probe("seen");
        _b.At(_a, "/user/seen").Tell("from the marked life");
        _world.Advance(30);
        Restart();
        _b.At(_a, "/user/seen").Tell("from the next");
        _world.Advance(0.1);
        Assert.Equal(["from the next"], seen.Messages);
        AskOk();
    }

    [Fact]
    public void Life_that_was_marked_before_it_was_known_is_refused()
    {
        _a.Remote.MarkDown(_address, 1);
        var seen = _a.Probe("seen");
        _b.At(_a, "/user/seen").Tell("x");
        _world.Advance(5);
        Assert.Empty(seen.Messages);
        Assert.IsType<PeerUnreachableException>(_a.Ask(_echo, "x").Failure);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Node_that_goes_on_as_a_later_life_is_reached_as_that_one(bool isWordFirst)
    {
        AskOk();
        var ofFormer = _a.Remote.Resolve(_address, "/user/echo", incarnation: 1);
        var open = _echo.Ask<object>("silent", TimeSpan.FromSeconds(30));
        if (isWordFirst)
            _a.Remote.MarkUp(_address, 7);
        _b.Remote.BeginLife(7);
        var seen = _a.Probe("seen");
        _b.At(_a, "/user/seen").Tell("from the later life");
        _world.Advance(0.1);
        _a.Remote.MarkUp(_address, 7);
        _a.Remote.MarkDown(_address, 1);
        Assert.Equal(["from the later life"], seen.Messages);
        Assert.IsType<PeerUnreachableException>(open.Exception?.InnerException);
        Assert.IsType<PeerUnreachableException>(_a.Ask(ofFormer, "x").Failure);
        Assert.Null(_a.Ask(_a.Remote.Resolve(_address, "/user/echo", incarnation: 7), "x").Failure);
        Assert.Throws<ArgumentOutOfRangeException>(() => _b.Remote.BeginLife(7));
        AskOk();
    }

    [Fact]
    public void Marked_life_that_turns_out_to_be_there_is_taken_back()
    {
        AskOk();
        _a.Remote.MarkDown(_address, 1);
        _world.Advance(0.1);
        _a.Remote.MarkUp(_address, 1);
        AskOk();
    }

    [Fact]
    public void Silent_peer_keeps_asks_open_until_it_is_marked_down()
    {
        AskOk();
        var open = _echo.Ask<object>("silent", TimeSpan.FromSeconds(60));
        _world.Network.Partition("a", "b");
        _world.Advance(8);
        Assert.False(open.IsCompleted);
        _a.Remote.MarkDown(_address, 1);
        _world.Dispatcher.RunUntilIdle();
        Assert.IsType<PeerUnreachableException>(open.Exception!.InnerException);
    }

    [Fact]
    public void Peer_that_takes_connections_and_says_nothing_fails_asks_in_time_and_when_it_is_marked_down()
    {
        var mute = _world.Network.Transport("c");
        mute.Listen("c", 1_000, static _ => new Mute());
        var echo = _a.Remote.Resolve("cascade://c@c:1000/user/echo");
        var (_, failure, took) = _a.Ask(echo, "x", timeoutSeconds: 60);
        Assert.IsType<PeerUnreachableException>(failure);
        Assert.InRange(took.TotalSeconds, 5, 5.1);

        _a.Remote.MarkUp(new Address("cascade", "c", "c", 1_000), 7);
        var open = echo.Ask<object>("x", TimeSpan.FromSeconds(60));
        _world.Advance(1);
        Assert.False(open.IsCompleted);
        _a.Remote.MarkDown(new Address("cascade", "c", "c", 1_000), 7);
        _world.Dispatcher.RunUntilIdle();
        Assert.IsType<PeerUnreachableException>(open.Exception!.InnerException);
    }

    [Fact]
    public void Host_that_swallows_all_fails_asks_within_one_attempt_and_later_ones_at_once()
    {
        _world.Network.Partition("a", "b");
        var (_, failure, took) = _a.Ask(_echo, "x", timeoutSeconds: 60);
        Assert.IsType<PeerUnreachableException>(failure);
        Assert.InRange(took.TotalSeconds, 5, 5.1);
        (_, failure, took) = _a.Ask(_echo, "x", timeoutSeconds: 60);
        Assert.IsType<PeerUnreachableException>(failure);
        Assert.Equal(TimeSpan.Zero, took);
    }

    [Fact]
    public void Ended_remoting_is_not_brought_back_by_word_of_a_life()
    {
        AskOk();
        _a.Remote.Dispose();
        _a.Remote.MarkUp(_address, 1);
        Assert.IsType<PeerUnreachableException>(_a.Ask(_echo, "x").Failure);
    }

    [Fact]
    public void Zero_names_no_life()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _a.Remote.MarkDown(_address, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => _a.Remote.MarkUp(_address, 0));
    }

    private void Restart()
    {
        _b.System.Dispose();
        _world.Advance(0.1);
        _b = _world.Start("b", incarnation: 2);
        _b.Echo();
    }

    private void AskOk()
    {
        var (reply, failure, took) = _a.Ask(_echo, "x");
        Assert.Null(failure);
        Assert.Equal("echo x", reply);
        Assert.InRange(took.TotalSeconds, 0, 0.02);
    }

    private sealed class Mute : IRemoteConnectionHandler
    {
        public void OnOpened(IRemoteConnection connection)
        {
        }

        public Memory<byte> GetReceiveBuffer() => new byte[100];

        public void OnReceived(int count)
        {
        }

        public void OnSent()
        {
        }

        public void OnClosed(string reason)
        {
        }
    }
}
