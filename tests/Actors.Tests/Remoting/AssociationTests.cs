using Cascade.Actors.Remoting;

namespace Cascade.Actors.Tests.Remoting;

public sealed class AssociationTests
{
    private readonly RemoteWorld _world = new();

    [Fact]
    public void Simultaneous_first_messages_both_ways_lose_nothing_and_end_in_one_connection()
    {
        SimulatedSystem.ForSeeds(200, seed =>
        {
            var world = new RemoteWorld(seed);
            var (a, b) = (world.Start("a"), world.Start("b"));
            var (inA, inB) = (a.Probe("probe"), b.Probe("probe"));
            a.At(b, "/user/probe").Tell("to b");
            world.Advance(0.0001 * (seed % 20));
            b.At(a, "/user/probe").Tell("to a");
            world.Advance(1);
            Assert.Equal(["to b"], inB.Messages);
            Assert.Equal(["to a"], inA.Messages);
            Assert.Equal(1, world.Network.OpenConnections);
            Assert.True(a.Remote.IsConnected(b.Remote.Address) && b.Remote.IsConnected(a.Remote.Address));
        });
    }

    [Fact]
    public void Node_of_another_cluster_is_refused_with_the_reason()
    {
        var a = _world.Start("a");
        var b = _world.Start("b", configure: s => s with { ClusterName = "others" });
        b.Echo();
        Assert.IsType<PeerUnreachableException>(a.Ask(a.At(b, "/user/echo"), "x").Failure);
        Assert.Contains("greeting refused: cluster 'tests', not 'others'", b.Events);
        Assert.Contains("not connected: the peer closed: cluster 'tests', not 'others'", a.Events);
    }

    [Fact]
    public void Node_that_answers_for_another_name_is_refused()
    {
        var a = _world.Start("a");
        var b = _world.Start("b");
        var wrong = a.Remote.Resolve("cascade://other@b:1000/user/echo");
        Assert.IsType<PeerUnreachableException>(a.Ask(wrong, "x").Failure);
        Assert.Contains("greeting refused: this is cascade://b@b:1000, not cascade://other@b:1000", a.Events);
        Assert.False(a.Remote.IsConnected(b.Remote.Address));
    }

    [Fact]
    public void Unreachable_peer_fails_queued_asks_at_the_dial_and_later_ones_at_once()
    {
        var a = _world.Start("a");
        var nobody = a.Remote.Resolve("cascade://b@b:1000/user/echo");
        var (_, first, firstTook) = a.Ask(nobody, "x");
        Assert.IsType<PeerUnreachableException>(first);
        Assert.InRange(firstTook.TotalSeconds, 0, 0.01);
        var (_, second, secondTook) = a.Ask(nobody, "x");
        Assert.IsType<PeerUnreachableException>(second);
        Assert.Equal(TimeSpan.Zero, secondTook);
        Assert.Equal(2, a.DeadLetters.Messages.Count);
    }

    [Fact]
    public void Peer_that_comes_later_is_found_by_the_next_attempt()
    {
        var a = _world.Start("a");
        var later = a.Remote.Resolve("cascade://b@b:1000/user/echo");
        later.Tell("lost");
        _world.Advance(60);
        _world.Start("b").Echo();
        _world.Advance(13);
        Assert.Equal("echo x", a.Ask(later, "x").Reply);
    }

    [Fact]
    public void Attempts_back_off_to_the_cap_and_end_with_giving_up()
    {
        var a = _world.Start("a", configure: s => s with { GiveUpAfter = TimeSpan.FromMinutes(2) });
        a.Remote.Resolve("cascade://b@b:1000/user/echo").Tell("lost");
        _world.Advance(110);
        var afterTwoMinutes = a.Events.Count();
        // The seven waits below the cap are told, the rest not.
        Assert.Equal(7, afterTwoMinutes);
        _world.Advance(600);
        Assert.Equal("is not called any more until a message for it comes", a.Events.Last());
        _world.Start("b").Echo();
        Assert.Equal("echo x", a.Ask(a.Remote.Resolve("cascade://b@b:1000/user/echo"), "x").Reply);
    }

    [Fact]
    public void Lost_connection_fails_open_asks_at_once_and_is_made_again()
    {
        var (a, b) = (_world.Start("a"), _world.Start("b"));
        b.Echo();
        var echo = a.At(b, "/user/echo");
        a.Ask(echo, "warm");
        var open = echo.Ask<object>("silent", TimeSpan.FromSeconds(30));
        _world.Advance(0.1);
        _world.Network.Cut("a", "b");
        _world.Dispatcher.RunUntilIdle();
        Assert.IsType<PeerUnreachableException>(open.Exception!.InnerException);
        _world.Advance(1);
        Assert.Equal("echo x", a.Ask(echo, "x").Reply);
        Assert.Equal(1, _world.Network.OpenConnections);
    }

    [Fact]
    public void Quiet_connection_lives_by_heartbeats_and_a_partitioned_one_is_lost_after_the_silence()
    {
        var (a, b) = (_world.Start("a"), _world.Start("b"));
        b.Echo();
        var echo = a.At(b, "/user/echo");
        a.Ask(echo, "warm");
        _world.Advance(300);
        Assert.Equal(["connected, incarnation 1"], a.Events);
        _world.Network.Partition("a", "b");
        var (_, failure, took) = a.Ask(echo, "x", timeoutSeconds: 60);
        Assert.IsType<PeerUnreachableException>(failure);
        Assert.InRange(took.TotalSeconds, 8.9, 10.1);
        _world.Advance(60);
        _world.Network.Heal();
        _world.Advance(20);
        Assert.Equal("echo x", a.Ask(echo, "x").Reply);
        Assert.Equal(1, _world.Network.OpenConnections);
    }

    [Fact]
    public void One_way_partition_is_noticed_by_both_sides()
    {
        var (a, b) = (_world.Start("a"), _world.Start("b"));
        b.Echo();
        a.Ask(a.At(b, "/user/echo"), "warm");
        _world.Network.Block("a", "b");
        _world.Advance(25);
        Assert.False(a.Remote.IsConnected(b.Remote.Address));
        Assert.False(b.Remote.IsConnected(a.Remote.Address));
    }

    [Fact]
    public async Task Reply_to_a_former_life_of_the_asker_reaches_no_ask_of_the_present_one()
    {
        var (a, b) = (_world.Start("a"), _world.Start("b"));
        IActorRef? asker = null;
        b.System.ActorOf(Props.Create(() => new Keep(sender => asker = sender)), "keep");
        _ = a.At(b, "/user/keep").Ask<object>("x", TimeSpan.FromSeconds(60));
        _world.Advance(0.1);
        a.System.Dispose();
        _world.Advance(0.1);
        var second = _world.Start("a", incarnation: 2);
        var open = second.At(b, "/user/keep").Ask<object>("y", TimeSpan.FromSeconds(60));
        var former = asker;
        _world.Advance(2);
        Assert.NotSame(former, asker);
        former!.Tell("for the former life");
        _world.Advance(0.1);
        Assert.False(open.IsCompleted);
        Assert.Equal("for the former life", b.DeadLetters.Of<DeadLetter>().Last().Message);
        asker!.Tell("for the present one");
        _world.Advance(0.1);
        Assert.Equal("for the present one", await open);
    }

    [Fact]
    public void Stranger_that_says_nothing_is_closed_and_their_number_is_bounded()
    {
        var a = _world.Start("a", configure: s => s with { StrangersMax = 2 });
        var strangers = Enumerable.Range(0, 3).Select(_ => new Stranger()).ToArray();
        foreach (var stranger in strangers) _world.Network.Transport("s").Dial("a", 1_000, stranger);
        _world.Advance(1);
        Assert.Equal([true, true, false], strangers.Select(s => s.Connection is not null).OrderDescending());
        _world.Advance(5);
        Assert.All(strangers, s => Assert.True(s.IsClosed));
        Assert.NotNull(a);
    }

    [Fact]
    public void Garbage_from_a_stranger_closes_its_connection_alone()
    {
        var (a, b) = (_world.Start("a"), _world.Start("b"));
        b.Echo();
        var echo = a.At(b, "/user/echo");
        a.Ask(echo, "warm");
        var stranger = new Stranger();
        _world.Network.Transport("s").Dial("b", 1_000, stranger);
        _world.Advance(0.1);
        stranger.Connection!.Send("GET / HTTP/1.1\r\n"u8.ToArray());
        _world.Advance(0.1);
        Assert.True(stranger.IsClosed);
        Assert.Contains(b.Events, e => e.StartsWith("closed before its greeting: a frame of 542393671 bytes", StringComparison.Ordinal));
        Assert.Equal("echo x", a.Ask(echo, "x").Reply);
    }

    [Fact]
    public void Ended_node_says_farewell_and_frees_its_port()
    {
        var (a, b) = (_world.Start("a"), _world.Start("b"));
        b.Echo();
        a.Ask(a.At(b, "/user/echo"), "warm");
        b.System.Dispose();
        _world.Advance(0.1);
        Assert.Contains("not connected: the peer closed: the node ends", a.Events);
        _world.Start("b", incarnation: 2).Echo();
        _world.Advance(1);
        Assert.Equal("echo x", a.Ask(a.At(b, "/user/echo"), "x").Reply);
    }

    [Fact]
    public void Same_seed_gives_the_same_run()
    {
        Assert.Equal(Run(7), Run(7));

        static string Run(ulong seed)
        {
            var world = new RemoteWorld(seed);
            var (a, b) = (world.Start("a"), world.Start("b"));
            b.Echo();
            var echo = a.At(b, "/user/echo");
            for (var i = 0; i < 50; i++)
            {
                if (i % 10 == 5) world.Network.Cut("a", "b");
                a.Ask(echo, "x");
                world.Advance(0.05);
            }

            return $"{world.Dispatcher.Turns} {world.Time.Elapsed} {string.Join('|', a.Events)}";
        }
    }

    private sealed class Keep(Action<IActorRef> keep) : UntypedActor
    {
        protected override void OnReceive(object message) => keep(Sender);
    }

    private sealed class Stranger : IRemoteConnectionHandler
    {
        public IRemoteConnection? Connection { get; private set; }

        public bool IsClosed { get; private set; }

        public void OnOpened(IRemoteConnection connection) => Connection = connection;

        public Memory<byte> GetReceiveBuffer() => new byte[100];

        public void OnReceived(int count)
        {
        }

        public void OnSent()
        {
        }

        public void OnClosed(string reason) => IsClosed = true;
    }
}
