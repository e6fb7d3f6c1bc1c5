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
        actor.Tell(2.5);
        _sim.Run();
        Assert.Equal(["int 1", "negative", "string text", "any 2.5"], seen);
    }

    [Fact]
    public void Ask_returns_the_reply()
    {
        var actor = _sim.Start(() => new Echo());
        Assert.Equal("hello", _sim.Dispatcher.Run(() => actor.Ask<string>("hello")));
    }

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
    }

    private sealed class Typed : ReceiveActor
    {
        public Typed(List<string> seen)
        {
            Receive<int>(n => n < 0, _ => seen.Add("negative"));
            Receive<int>(n => seen.Add($"int {n}"));
            Receive<string>(s => seen.Add($"string {s}"));
            ReceiveAny(o => seen.Add($"any {o}"));
        }
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
