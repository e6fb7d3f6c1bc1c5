namespace Cascade.Actors.Tests.Remoting;

public sealed class RemoteDeathWatchTests
{
    private readonly RemoteWorld _world = new();
    private readonly RemoteNode _a;
    private readonly RemoteNode _b;
    private readonly IActorRef _local;
    private readonly IActorRef _remote;
    private readonly Probe _watcher;

    public RemoteDeathWatchTests()
    {
        _a = _world.Start("a");
        _b = _world.Start("b");
        _local = _b.Echo();
        _remote = _a.At(_b, "/user/echo");
        _watcher = _a.Probe("watcher");
    }

    [Fact]
    public void End_of_a_remote_actor_is_told_once_with_the_ref_that_was_watched()
    {
        Watch();
        _b.System.Stop(_local);
        _world.Advance(1);
        Assert.Same(_remote, Assert.Single(_watcher.Of<Terminated>()).ActorRef);
        _world.Network.Cut("a", "b");
        _world.Advance(2);
        Assert.Single(_watcher.Messages);
    }

    [Fact]
    public void Two_watchers_and_equal_refs_are_each_told()
    {
        var second = _a.Probe("second");
        Watch();
        second.Ref.Tell(new WatchIt(_a.At(_b, "/user/echo")));
        _world.Advance(0.1);
        _b.System.Stop(_local);
        _world.Advance(1);
        Assert.Single(_watcher.Of<Terminated>());
        Assert.Single(second.Of<Terminated>());
    }

    [Fact]
    public void Unwatched_actor_is_not_told_of()
    {
        Watch();
        _watcher.Ref.Tell(new UnwatchIt(_remote));
        _world.Advance(0.1);
        _b.System.Stop(_local);
        _world.Advance(1);
        Assert.Empty(_watcher.Messages);
    }

    [Fact]
    public void Watching_an_actor_that_is_not_there_is_answered_promptly()
    {
        _watcher.Ref.Tell(new WatchIt(_a.At(_b, "/user/none")));
        _world.Advance(0.1);
        Assert.Single(_watcher.Of<Terminated>());
    }

    [Fact]
    public void End_during_a_lost_connection_is_told_after_it_even_when_the_name_is_taken_anew()
    {
        Watch();
        _world.Network.Partition("a", "b");
        _world.Advance(30);
        _b.System.Stop(_local);
        _world.Advance(1);
        _b.Echo();
        _world.Advance(1);
        Assert.Empty(_watcher.Messages);
        _world.Network.Heal();
        _world.Advance(30);
        Assert.Single(_watcher.Of<Terminated>());
    }

    [Fact]
    public void Lost_connection_alone_is_no_end()
    {
        Watch();
        _world.Network.Cut("a", "b");
        _world.Advance(5);
        Assert.Empty(_watcher.Messages);
        _b.System.Stop(_local);
        _world.Advance(1);
        Assert.Single(_watcher.Of<Terminated>());
    }

    [Fact]
    public void Watch_before_the_peer_is_there_waits_for_it()
    {
        _watcher.Ref.Tell(new WatchIt(_a.Remote.Resolve("cascade://c@c:1000/user/echo")));
        _world.Advance(3);
        var c = _world.Start("c");
        var echo = c.Echo();
        _world.Advance(13);
        Assert.Empty(_watcher.Messages);
        c.System.Stop(echo);
        _world.Advance(1);
        Assert.Single(_watcher.Of<Terminated>());
    }

    [Fact]
    public void Restarted_peer_ends_the_watches_of_its_former_life()
    {
        Watch();
        _b.System.Dispose();
        _world.Advance(0.05);
        var second = _world.Start("b", incarnation: 2);
        second.Echo();
        _world.Advance(5);
        Assert.Single(_watcher.Of<Terminated>());
        Assert.Equal("echo x", _a.Ask(_remote, "x").Reply);
    }

    [Fact]
    public void Peer_that_crashed_and_came_back_in_another_life_ends_watches()
    {
        Watch();
        _world.Network.Partition("a", "b");
        _b.Remote.Dispose();
        _world.Advance(1);
        Assert.Empty(_watcher.Messages);
        _world.Network.Heal();
        _world.Start("b", incarnation: 2).Echo();
        _world.Advance(30);
        Assert.Single(_watcher.Of<Terminated>());
    }

    [Fact]
    public void Peer_marked_down_ends_watches_and_is_not_heard_in_that_life_again()
    {
        Watch();
        var seen = _a.Probe("seen");
        var back = _b.At(_a, "/user/seen");
        _a.Remote.MarkDown(_b.Remote.Address, 1);
        _world.Advance(0.1);
        Assert.Single(_watcher.Of<Terminated>());
        back.Tell("x");
        _world.Advance(20);
        Assert.Empty(seen.Messages);
        Assert.IsType<Cascade.Actors.Remoting.PeerUnreachableException>(_a.Ask(_remote, "x").Failure);
        Assert.Contains(_b.Events, e => e.Contains("declared down; restart to join again", StringComparison.Ordinal));
        _watcher.Ref.Tell(new WatchIt(_remote));
        _world.Advance(0.1);
        Assert.Equal(2, _watcher.Of<Terminated>().Count());
    }

    [Fact]
    public void Peer_marked_down_is_heard_again_in_its_next_life()
    {
        Watch();
        _a.Remote.MarkDown(_b.Remote.Address, 1);
        _b.System.Dispose();
        _world.Advance(0.1);
        var second = _world.Start("b", incarnation: 2);
        second.Echo();
        var seen = _a.Probe("seen");
        second.At(_a, "/user/seen").Tell("hello");
        _world.Advance(1);
        Assert.Equal(["hello"], seen.Messages);
        Assert.Equal("echo x", _a.Ask(_remote, "x").Reply);
    }

    [Fact]
    public void Peer_marked_up_is_called_again()
    {
        Watch();
        _a.Remote.MarkDown(_b.Remote.Address, 1);
        _b.System.Dispose();
        _world.Advance(0.1);
        _world.Start("b", incarnation: 2).Echo();
        _a.Remote.MarkUp(_b.Remote.Address, 2);
        Assert.Equal("echo x", _a.Ask(_remote, "x").Reply);
    }

    [Fact]
    public void Every_watched_end_is_told_exactly_once_under_random_cuts()
    {
        SimulatedSystem.ForSeeds(40, seed =>
        {
            var world = new RemoteWorld(seed);
            var random = new Cascade.Actors.Simulation.SplitMix64(seed);
            var (a, b) = (world.Start("a"), world.Start("b"));
            var watcher = a.Probe("watcher");
            var actors = Enumerable.Range(0, 20).Select(i => b.Echo($"e{i}")).ToArray();
            for (var i = 0; i < 20; i++) watcher.Ref.Tell(new WatchIt(a.At(b, $"/user/e{i}")));
            world.Advance(0.5);
            foreach (var actor in actors)
            {
                b.System.Stop(actor);
                world.Advance(random.NextDouble() * 0.01);
                if (random.Next(3) == 0) world.Network.Cut("a", "b");
                if (random.Next(3) == 0) world.Advance(random.NextDouble());
            }

            world.Advance(30);
            Assert.Equal(20, watcher.Of<Terminated>().Select(t => t.ActorRef.Path.Name).Distinct().Count());
            Assert.Equal(20, watcher.Messages.Count);
        });
    }

    private void Watch()
    {
        _watcher.Ref.Tell(new WatchIt(_remote));
        _world.Advance(0.1);
    }
}
