namespace Cascade.Actors.Tests;

public sealed class TellAndAskTests
{
    private readonly SimulatedSystem _sim = new();

    [Fact]
    public void Tell_to_a_receive_actor_runs_the_first_matching_handler()
    {
        var seen = new List<string>();
        var actor = _sim.Start(() => new Typed(seen));
        actor.Tell(1);
        actor.Tell(-1);
        actor.Tell("text");
        actor.Tell('c');
        actor.Tell(2.5);
        _sim.Run();
        Assert.Equal(["int 1", "negative", "string text", "any c", "any 2.5"], seen);
    }

    [Fact]
    public void Tell_in_a_turn_names_the_actor_as_the_sender()
    {
        var probe = _sim.Probe();
        var echo = _sim.Start(() => new Echo());
        echo.Tell("from probe", probe.Ref);
        echo.Tell("from nobody");
        _sim.Run();
        Assert.Equal(["from probe"], probe.Messages);
        Assert.Equal("from nobody", Assert.Single(_sim.DeadLetters.Of<DeadLetter>()).Message);
    }

    [Fact]
    public void Message_without_a_handler_is_published_as_unhandled()
    {
        var probe = _sim.Probe();
        _sim.System.EventStream.Subscribe(probe.Ref, typeof(UnhandledMessage));
        var actor = _sim.Start(() => new OnlyText());
        actor.Tell(7);
        _sim.Run();
        Assert.Equal(new UnhandledMessage(7, null, actor), Assert.Single(probe.Messages));
    }

    [Fact]
    public void Ask_returns_the_reply() =>
        Assert.Equal("hello", _sim.Dispatcher.Run(() => _sim.Start(() => new Echo()).Ask<string>("hello")));

    [Fact]
    public void Ask_past_its_deadline_throws_and_drops_the_late_reply()
    {
        var actor = _sim.Start(() => new Mute());
        var ask = actor.Ask<string>("hello", TimeSpan.FromSeconds(5));
        _sim.Advance(4.999);
        Assert.False(ask.IsCompleted);
        _sim.Advance(0.001);
        Assert.IsType<AskTimeoutException>(ask.Exception!.InnerException);
        actor.Tell("reply now");
        _sim.Run();
        Assert.Empty(_sim.Log);
        Assert.True(ask.IsFaulted);
    }

    [Fact]
    public void Ask_without_a_deadline_of_its_own_takes_the_systems()
    {
        var ask = _sim.Start(() => new Mute()).Ask<string>("hello");
        _sim.Advance(29.999);
        Assert.False(ask.IsCompleted);
        _sim.Advance(0.001);
        Assert.IsType<AskTimeoutException>(ask.Exception!.InnerException);
    }

    [Fact]
    public void Asks_of_many_deadlines_each_end_at_their_own()
    {
        var actor = _sim.Start(() => new Mute());
        foreach (var milliseconds in new[] { 1, 63, 64, 65, 4_095, 4_096, 4_097, 262_144, 3_600_000, 86_400_000 })
        {
            var span = TimeSpan.FromMilliseconds(milliseconds);
            var ask = actor.Ask<string>("hello", span);
            _sim.Dispatcher.Advance(span - TimeSpan.FromTicks(1));
            Assert.False(ask.IsCompleted, $"{milliseconds} ms: early");
            _sim.Dispatcher.Advance(TimeSpan.FromMilliseconds(1));
            Assert.True(ask.IsFaulted, $"{milliseconds} ms: late");
        }
    }

    [Fact]
    public void Ask_that_is_cancelled_ends_as_cancelled()
    {
        using var source = new CancellationTokenSource();
        var ask = _sim.Start(() => new Mute()).Ask<string>("hello", source.Token);
        _sim.Run();
        source.Cancel();
        _sim.Run();
        Assert.True(ask.IsCanceled);
    }

    [Fact]
    public void Ask_answered_with_a_failure_throws_its_cause()
    {
        var cause = new InvalidTimeZoneException("no");
        var ask = _sim.Start(() => new Echo()).Ask<string>(new Status.Failure(cause));
        _sim.Run();
        Assert.Same(cause, ask.Exception!.InnerException);
    }

    [Fact]
    public void Ask_answered_with_another_type_says_so()
    {
        var ask = _sim.Start(() => new Echo()).Ask<string>(5);
        _sim.Run();
        Assert.Contains("replied System.Int32", Assert.IsType<UnexpectedReplyException>(ask.Exception!.InnerException).Message);
    }

    [Fact]
    public void Ask_of_a_stopped_actor_fails_at_once()
    {
        var actor = _sim.Start(() => new Echo());
        actor.Tell(PoisonPill.Instance);
        var behind = actor.Ask<string>("behind the pill");
        _sim.Run();
        var after = actor.Ask<string>("after the end");
        _sim.Run();
        Assert.IsType<DeadLetterException>(behind.Exception!.InnerException);
        Assert.IsType<DeadLetterException>(after.Exception!.InnerException);
    }

    [Fact]
    public void Ask_pending_when_the_system_ends_fails()
    {
        var ask = _sim.Start(() => new Mute()).Ask<string>("hello");
        _sim.Run();
        _ = _sim.System.Terminate();
        _sim.Run();
        Assert.True(_sim.System.WhenTerminated.IsCompletedSuccessfully);
        Assert.Contains("terminated", ask.Exception!.InnerException!.Message);
    }

    [Fact]
    public void Full_mailbox_rejects_to_dead_letters_and_fails_asks_at_once()
    {
        var seen = new List<object>();
        var actor = _sim.System.ActorOf(Props.Create(() => new Keep(seen)).WithMailbox(3));
        for (var i = 0; i < 5; i++) actor.Tell(i);
        var ask = actor.Ask<string>("one more");
        _sim.Run();
        Assert.Equal([0, 1, 2], seen);
        Assert.IsType<MailboxFullException>(ask.Exception!.InnerException);
        Assert.Equal([3, 4, "one more"], _sim.DeadLetters.Of<DeadLetter>().Select(letter => letter.Message));
        actor.Tell(5);
        _sim.Run();
        Assert.Equal([0, 1, 2, 5], seen);
    }

    [Fact]
    public void Full_mailbox_still_takes_signals()
    {
        var watcher = _sim.Probe();
        var actor = _sim.System.ActorOf(Props.Create(() => new Echo()).WithMailbox(1));
        _sim.Run();
        actor.Tell(1);
        actor.Tell(2);
        watcher.Ref.Tell(new WatchIt(actor));
        _sim.System.Stop(actor);
        _sim.Run();
        Assert.Equal([new Terminated(actor)], watcher.Messages);
    }

    [Fact]
    public void Actor_made_with_new_is_refused() => Assert.Throws<ActorInitializationException>(() => new Echo());

    [Fact]
    public void Names_taken_or_malformed_are_refused()
    {
        _sim.Start(() => new Echo(), "twice");
        Assert.Throws<InvalidActorNameException>(() => _sim.Start(() => new Echo(), "twice"));
        Assert.Throws<InvalidActorNameException>(() => _sim.Start(() => new Echo(), "a/b"));
        Assert.Throws<InvalidActorNameException>(() => _sim.Start(() => new Echo(), "$own"));
    }

    [Fact]
    public void Path_names_the_place_in_the_tree() =>
        Assert.Equal("cascade://test/user/here", _sim.Start(() => new Echo(), "here").Path.ToString());

    private sealed class Typed : ReceiveActor
    {
        public Typed(List<string> seen)
        {
            Receive<int>(n => n < 0, _ => seen.Add("negative"));
            Receive<int>(n => seen.Add($"int {n}"));
            Receive<string>(s => seen.Add($"string {s}"));
            Receive<char>(c => false);
            ReceiveAny(o => seen.Add(FormattableString.Invariant($"any {o}")));
        }
    }

    private sealed class OnlyText : ReceiveActor
    {
        public OnlyText() => Receive<string>(_ => { });
    }

    private sealed class Keep(List<object> seen) : UntypedActor
    {
        protected override void OnReceive(object message) => seen.Add(message);
    }

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }

    private sealed class Mute : UntypedActor
    {
        private IActorRef? _asker;

        protected override void OnReceive(object message)
        {
            if (message is "reply now") _asker!.Tell("late");
            else _asker = Sender;
        }
    }
}
