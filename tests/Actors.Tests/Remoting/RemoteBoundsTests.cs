using Cascade.Actors.Remoting;

namespace Cascade.Actors.Tests.Remoting;

/// <summary>What happens at the bounds of <see cref="RemoteSettings"/>.</summary>
public sealed class RemoteBoundsTests
{
    private readonly RemoteWorld _world = new();

    [Fact]
    public void Peer_beyond_the_bound_gets_no_ref_and_its_connection_is_refused()
    {
        var a = _world.Start("a", configure: static s => s with { PeersMax = 2 });
        var others = new[] { "b", "c", "d" }.Select(host => _world.Start(host)).ToArray();
        foreach (var other in others) other.Echo();
        foreach (var other in others.Take(2)) Assert.Equal("echo x", a.Ask(a.At(other, "/user/echo"), "x").Reply);
        Assert.Contains("2 peers", Assert.Throws<InvalidOperationException>(() => a.At(others[2], "/user/echo")).Message, StringComparison.Ordinal);
        Assert.Null(a.Remote.Read("cascade://d@d:1000/user/echo"));

        var seen = a.Probe("seen");
        Assert.IsType<PeerUnreachableException>(others[2].Ask(others[2].At(a, "/user/seen"), "x").Failure);
        Assert.Contains(a.Events, static e => e == "closed before its greeting: the greeting of cascade://d@d:1000 is not taken");
        Assert.Empty(seen.Messages);
        Assert.Equal("echo x", a.Ask(a.At(others[0], "/user/echo"), "x").Reply);
    }

    [Fact]
    public void Watch_beyond_the_bound_throws_where_it_is_made_and_leaves_no_trace()
    {
        var a = _world.Start("a", configure: static s => s with { WatchesMax = 2 });
        var b = _world.Start("b");
        var actors = Enumerable.Range(0, 3).Select(i => b.Echo($"e{i}")).ToArray();
        var ended = new List<string>();
        var watcher = a.System.ActorOf(Props.Create(() => new Watcher(ended)), "watcher");
        for (var i = 0; i < 2; i++) Assert.Equal("watched", a.Ask(watcher, new WatchIt(a.At(b, $"/user/e{i}"))).Reply);
        var third = new WatchIt(a.At(b, "/user/e2"));
        Assert.Contains("2 actors of cascade://b@b:1000 are watched", (string)a.Ask(watcher, third).Reply!, StringComparison.Ordinal);
        _world.Advance(1);
        Assert.Empty(ended);

        b.System.Stop(actors[0]);
        _world.Advance(0.1);
        Assert.Equal("watched", a.Ask(watcher, third).Reply);
        b.System.Stop(actors[2]);
        _world.Advance(0.1);
        Assert.Equal(["e0", "e2"], ended);
    }

    [Fact]
    public void Watch_beyond_what_the_watched_node_allows_is_logged_there_and_fires_with_that_node_alone()
    {
        var (a, b) = (_world.Start("a"), _world.Start("b", configure: static s => s with { WatchesMax = 1 }));
        var actors = Enumerable.Range(0, 2).Select(i => b.Echo($"e{i}")).ToArray();
        var watcher = a.Probe("watcher");
        for (var i = 0; i < 2; i++)
        {
            watcher.Ref.Tell(new WatchIt(a.At(b, $"/user/e{i}")));
            _world.Advance(0.1);
        }

        Assert.Empty(watcher.Messages);
        Assert.Single(b.Events, static e => e.StartsWith("watches 1 actors here, the most allowed: it is not told when", StringComparison.Ordinal));
        b.System.Stop(actors[1]);
        _world.Advance(0.1);
        Assert.Empty(watcher.Messages);
        a.Remote.MarkDown(b.Remote.Address, 1);
        _world.Advance(0.1);
        Assert.Equal(2, watcher.Of<Terminated>().Count());
    }

    [Fact]
    public void Queue_that_is_full_of_bytes_takes_no_more_until_they_are_sent()
    {
        var a = _world.Start("a", configure: static s => s with { FrameBytesMax = 10_000, QueueBytesMax = 20_000 });
        var b = _world.Start("b");
        b.Echo();
        var echo = a.At(b, "/user/echo");
        var asks = Enumerable.Range(0, 5).Select(_ => echo.Ask<int>(new byte[6_000], TimeSpan.FromSeconds(60))).ToArray();
        _world.Dispatcher.RunUntilIdle();
        // Four pass the bound by less than a frame; the fifth is refused at once.
        Assert.Equal([false, false, false, false, true], asks.Select(static ask => ask.IsFaulted));
        Assert.IsType<MailboxFullException>(asks[4].Exception!.InnerException);
        _world.Advance(1);
        Assert.All(asks.Take(4), static ask => Assert.Equal(6_000, ask.Result));
        Assert.Equal(6_000, a.Ask(echo, new byte[6_000]).Reply);
        Assert.Single(a.DeadLetters.Messages);
    }

    [Fact]
    public void Messages_to_a_silent_peer_take_no_more_memory_than_the_bound()
    {
        var a = _world.Start("a", configure: static s => s with { FrameBytesMax = 10_000, QueueBytesMax = 20_000, SilenceMax = TimeSpan.FromMinutes(1) });
        var b = _world.Start("b");
        b.Echo();
        var echo = a.At(b, "/user/echo");
        a.Ask(echo, "warm");
        // The connection takes a batch and never says that it is sent.
        _world.Network.DelayMin = _world.Network.DelayMax = TimeSpan.FromSeconds(30);
        for (var i = 0; i < 50; i++)
        {
            echo.Tell(new byte[6_000]);
            _world.Advance(0.01);
        }

        Assert.InRange(a.DeadLetters.Messages.Count, 40, 49);
    }

    private sealed class Watcher : UntypedActor
    {
        private readonly List<string> _ended;

        public Watcher(List<string> ended) => _ended = ended;

        protected override void OnReceive(object message)
        {
            if (message is Terminated terminated)
            {
                _ended.Add(terminated.ActorRef.Path.Name);
                return;
            }

            try
            {
                Context.Watch(((WatchIt)message).Subject);
                Sender.Tell("watched");
            }
            catch (InvalidOperationException refused)
            {
                Sender.Tell(refused.Message);
            }
        }
    }
}
