using Cascade.Actors.Remoting;

namespace Cascade.Actors.Tests.Remoting;

public sealed class RemoteMessagingTests
{
    private readonly RemoteWorld _world = new();
    private readonly RemoteNode _a;
    private readonly RemoteNode _b;
    private readonly IActorRef _echo;

    public RemoteMessagingTests()
    {
        _a = _world.Start("a");
        _b = _world.Start("b");
        _b.Echo();
        _echo = _a.At(_b, "/user/echo");
    }

    [Fact]
    public void Ask_of_remote_actor_brings_its_reply()
    {
        Assert.Equal("echo x", _a.Ask(_echo, "x").Reply);
        Assert.Equal(42, _a.Ask(_echo, 41).Reply);
        Assert.Equal(new Status.Success("done"), _a.Ask(_echo, "success").Reply);
        Assert.Equal(2, _world.Network.OpenConnections * 2);
    }

    [Fact]
    public void Failure_reply_fails_the_ask_with_its_type_where_it_is_known()
    {
        var other = Assert.IsType<RemoteFailureException>(_a.Ask(_echo, "fail").Failure);
        Assert.Equal("InvalidOperationException: it is broken", other.Message);
        Assert.Equal("too slow", Assert.IsType<AskTimeoutException>(_a.Ask(_echo, "late").Failure).Message);
    }

    [Fact]
    public void Ask_without_reply_times_out_and_is_forgotten()
    {
        var (_, failure, took) = _a.Ask(_echo, "silent", timeoutSeconds: 3);
        Assert.IsType<AskTimeoutException>(failure);
        Assert.InRange(took.TotalSeconds, 3, 3.01);
        _world.Advance(1);
        Assert.Equal(0, _a.Remote.Asks.Count);
    }

    [Fact]
    public void Ask_of_unknown_actor_fails_promptly_and_is_a_dead_letter_there()
    {
        _a.Ask(_echo, "warm");
        var (_, failure, took) = _a.Ask(_a.At(_b, "/user/nobody"), "x");
        Assert.IsType<DeadLetterException>(failure);
        Assert.InRange(took.TotalSeconds, 0, 0.1);
        _world.Advance(0.1);
        var letter = Assert.Single(_b.DeadLetters.Of<DeadLetter>());
        Assert.Equal("x", letter.Message);
        Assert.Equal("cascade://b@b:1000/user/nobody", letter.Recipient.Path.ToString());
        Assert.Empty(_a.DeadLetters.Messages);
    }

    [Fact]
    public void Ask_of_stopped_actor_fails_promptly()
    {
        var local = _b.System.ActorOf(Props.Create(() => new Silent()), "silent");
        var remote = _a.At(_b, "/user/silent");
        remote.Tell("x");
        _world.Advance(0.1);
        _b.System.Stop(local);
        _world.Advance(0.1);
        var (_, failure, took) = _a.Ask(remote, "x");
        Assert.IsType<DeadLetterException>(failure);
        Assert.InRange(took.TotalSeconds, 0, 0.1);
    }

    [Fact]
    public void Poison_pill_over_the_wire_stops_the_actor_and_its_successor_is_found()
    {
        _echo.Tell(PoisonPill.Instance);
        _world.Advance(0.1);
        Assert.IsType<DeadLetterException>(_a.Ask(_echo, "x").Failure);
        _b.Echo();
        Assert.Equal("echo x", _a.Ask(_echo, "x").Reply);
    }

    [Fact]
    public void Told_message_carries_its_sender_which_can_be_told_back()
    {
        var probe = _a.Probe("probe");
        _echo.Tell("hello", probe.Ref);
        _echo.Tell("who", probe.Ref);
        _world.Advance(0.1);
        Assert.Equal(["echo hello", "cascade://a@a:1000/user/probe"], probe.Messages);
    }

    [Fact]
    public void Sender_that_was_replaced_by_another_life_is_not_told()
    {
        var probe = _a.Probe("probe");
        IActorRef? seen = null;
        _b.System.ActorOf(Props.Create(() => new Keep(sender => seen = sender)), "keep");
        _a.At(_b, "/user/keep").Tell("x", probe.Ref);
        _world.Advance(0.1);
        _a.System.Stop(probe.Ref);
        _world.Advance(0.1);
        var second = _a.Probe("probe");
        seen!.Tell("for the first");
        _world.Advance(0.1);
        Assert.Empty(second.Messages);
        Assert.Equal("for the first", Assert.Single(_a.DeadLetters.Of<DeadLetter>()).Message);
    }

    [Fact]
    public void Ask_forwarded_to_a_third_node_is_answered_by_it()
    {
        var c = _world.Start("c");
        c.Echo();
        var target = _b.At(c, "/user/echo");
        _b.System.ActorOf(Props.Create(() => new Forward(target)), "forward");
        Assert.Equal("echo x", _a.Ask(_a.At(_b, "/user/forward"), "x").Reply);
    }

    [Fact]
    public void Ask_forwarded_back_to_the_asking_node_is_answered_there()
    {
        _a.Echo();
        var target = _b.At(_a, "/user/echo");
        _b.System.ActorOf(Props.Create(() => new Forward(target)), "forward");
        Assert.Equal("echo x", _a.Ask(_a.At(_b, "/user/forward"), "x").Reply);
    }

    [Fact]
    public void Message_outside_of_the_table_fails_its_ask_on_either_way()
    {
        Assert.IsType<UncodedMessageException>(_a.Ask(_echo, new object()).Failure);
        Assert.IsType<UncodedMessageException>(_a.Ask(_echo, "unreadable").Failure);
        Assert.IsType<UncodedMessageException>(_a.Ask(_echo, "unwritable").Failure);
        Assert.IsType<UncodedMessageException>(_a.Ask(_echo, "unreadable-reply").Failure);
        Assert.Equal("echo x", _a.Ask(_echo, "x").Reply);
    }

    [Fact]
    public void Message_beyond_the_frame_limit_fails_alone()
    {
        Assert.Equal(4_000_000, _a.Ask(_echo, new byte[4_000_000]).Reply);
        Assert.IsType<UncodedMessageException>(_a.Ask(_echo, new byte[(4 << 20) + 1]).Failure);
        Assert.Equal("echo x", _a.Ask(_echo, "x").Reply);
    }

    [Fact]
    public void Full_mailbox_of_the_remote_actor_fails_the_ask_at_once()
    {
        _b.System.ActorOf(Props.Create(() => new Hung()).WithMailbox(1), "hung");
        var hung = _a.At(_b, "/user/hung");
        hung.Tell("first");
        _world.Advance(0.1);
        hung.Tell("waits");
        var (_, failure, took) = _a.Ask(hung, "x");
        Assert.IsType<MailboxFullException>(failure);
        Assert.InRange(took.TotalSeconds, 0, 0.1);
    }

    [Fact]
    public void Full_send_queue_makes_dead_letters_and_fails_asks_at_once()
    {
        var c = _world.Start("c", configure: s => s with { QueueMessagesMax = 10 });
        var echo = c.At(_b, "/user/echo");
        for (var i = 0; i < 13; i++) echo.Tell("x");
        var (_, failure, took) = c.Ask(echo, "y");
        Assert.IsType<MailboxFullException>(failure);
        Assert.Equal(TimeSpan.Zero, took);
        _world.Advance(1);
        Assert.Equal(4, c.DeadLetters.Messages.Count);
        Assert.Equal("echo x", c.Ask(echo, "x").Reply);
    }

    [Fact]
    public void Replies_that_find_the_send_queue_full_fail_their_asks_promptly()
    {
        var c = _world.Start("c", configure: s => s with { QueueMessagesMax = 2 });
        var senders = new List<IActorRef>();
        c.System.ActorOf(Props.Create(() => new Keep(senders.Add)), "keep");
        var asks = Enumerable.Range(0, 5).Select(_ => _a.At(c, "/user/keep").Ask<string>("x", TimeSpan.FromSeconds(60))).ToArray();
        _world.Advance(0.1);
        foreach (var sender in senders) sender.Tell("reply");
        _world.Advance(0.1);
        Assert.Equal(2, asks.Count(ask => ask.IsCompletedSuccessfully));
        Assert.Equal(3, asks.Count(ask => ask.Exception?.InnerException is MailboxFullException));
    }

    [Fact]
    public void Too_many_open_asks_fail_the_next_until_one_is_over()
    {
        var c = _world.Start("c", configure: s => s with { AsksMax = 3 });
        var echo = c.At(_b, "/user/echo");
        var open = Enumerable.Range(0, 3).Select(_ => echo.Ask<object>("silent", TimeSpan.FromSeconds(2))).ToArray();
        Assert.IsType<MailboxFullException>(c.Ask(echo, "x").Failure);
        _world.Advance(2.5);
        Assert.All(open, ask => Assert.True(ask.IsFaulted));
        Assert.Equal("echo x", c.Ask(echo, "x").Reply);
    }

    [Fact]
    public void Own_address_resolves_to_local_refs()
    {
        Assert.Equal("echo x", _b.Ask(_b.Remote.Resolve("cascade://b@b:1000/user/echo"), "x").Reply);
        Assert.IsType<DeadLetterException>(_b.Ask(_b.Remote.Resolve("cascade://b@b:1000/user/none"), "x").Failure);
        Assert.Throws<FormatException>(() => _b.Remote.Resolve("cascade://b@b/user/echo"));
        Assert.Throws<FormatException>(() => _b.Remote.Resolve("http://b@b:1/user/echo"));
    }

    [Fact]
    public void Order_from_one_sender_is_kept_under_any_delays()
    {
        SimulatedSystem.ForSeeds(30, seed =>
        {
            var world = new RemoteWorld(seed);
            var (a, b) = (world.Start("a"), world.Start("b"));
            world.Network.PieceBytesMax = 7;
            var probe = b.Probe("probe");
            var remote = a.At(b, "/user/probe");
            for (var i = 0; i < 200; i++)
            {
                remote.Tell(i);
                if (i % 10 == 0) world.Advance(0.0003);
            }

            world.Advance(1);
            Assert.Equal(Enumerable.Range(0, 200).Cast<object>(), probe.Messages);
        });
    }

    private sealed class Silent : UntypedActor
    {
        protected override void OnReceive(object message)
        {
        }
    }

    private sealed class Hung : ReceiveActor
    {
        public Hung() => ReceiveAnyAsync(_ => new TaskCompletionSource().Task);
    }

    private sealed class Keep(Action<IActorRef> keep) : UntypedActor
    {
        protected override void OnReceive(object message) => keep(Sender);
    }

    private sealed class Forward(IActorRef target) : UntypedActor
    {
        protected override void OnReceive(object message) => target.Forward(message);
    }
}
