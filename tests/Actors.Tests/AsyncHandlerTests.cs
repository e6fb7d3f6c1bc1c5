namespace Cascade.Actors.Tests;

public sealed class AsyncHandlerTests
{
    private readonly SimulatedSystem _sim = new();

    [Fact]
    public void PipeTo_tells_the_result_and_the_failure()
    {
        var probe = _sim.Probe();
        var result = new TaskCompletionSource<int>();
        _ = result.Task.PipeTo(probe.Ref, success: n => $"got {n}");
        _ = Task.FromException<int>(new InvalidTimeZoneException("bad")).PipeTo(probe.Ref);
        _ = Task.FromException(new InvalidTimeZoneException("worse")).PipeTo(probe.Ref, failure: e => e.Message);
        result.SetResult(4);
        _sim.Run();
        Assert.IsType<InvalidTimeZoneException>(Assert.Single(probe.Of<Status.Failure>()).Cause);
        Assert.Equal(["worse", "got 4"], probe.Of<string>());
    }

    [Fact]
    public void Receive_async_takes_no_other_message_until_its_task_ends()
    {
        var seen = new List<string>();
        var slow = _sim.Start(() => new Slow(_sim.Time));
        var actor = _sim.Start(() => new AsyncActor(slow, seen));
        var probe = _sim.Probe();
        actor.Tell("a", probe.Ref);
        actor.Tell("b", probe.Ref);
        _sim.Advance(10);
        Assert.Equal(["begin a", "end a slow a", "begin b", "end b slow b"], seen);
        Assert.Equal(["done a", "done b"], probe.Messages);
    }

    [Fact]
    public void Receive_async_that_throws_restarts_the_actor()
    {
        var seen = new List<string>();
        var slow = _sim.Start(() => new Slow(_sim.Time));
        var actor = _sim.Start(() => new AsyncActor(slow, seen));
        actor.Tell("fail");
        actor.Tell("b");
        _sim.Advance(10);
        Assert.Equal(["begin fail", "begin b", "end b slow b"], seen);
        Assert.IsType<InvalidTimeZoneException>(Assert.IsType<Error>(Assert.Single(_sim.Log)).Cause);
    }

    [Fact]
    public void Stopping_does_not_wait_for_an_asynchronous_handler_but_lets_it_end()
    {
        var seen = new List<string>();
        var slow = _sim.Start(() => new Slow(_sim.Time));
        var actor = _sim.Start(() => new AsyncActor(slow, seen));
        var watcher = _sim.Probe();
        watcher.Ref.Tell(new WatchIt(actor));
        actor.Tell("a");
        _sim.Run();
        _sim.System.Stop(actor);
        _sim.Run();
        Assert.Single(watcher.Of<Terminated>());
        _sim.Advance(10);
        Assert.Equal(["begin a", "end a slow a"], seen);
    }

    private sealed class AsyncActor : ReceiveActor
    {
        public AsyncActor(IActorRef slow, List<string> seen)
        {
            ReceiveAsync<string>(async text =>
            {
                seen.Add($"begin {text}");
                var reply = await slow.Ask<string>(text);
                if (text == "fail") throw new InvalidTimeZoneException();
                seen.Add($"end {text} {reply}");
                Sender.Tell($"done {text}", Self);
            });
        }
    }

    /// <summary>Replies a second later.</summary>
    private sealed class Slow : UntypedActor
    {
        private readonly TimeProvider _time;

        public Slow(TimeProvider time) => _time = time;

        protected override void OnReceive(object message) =>
            Task.Delay(TimeSpan.FromSeconds(1), _time).ContinueWith(_ => $"slow {message}", TaskContinuationOptions.ExecuteSynchronously).PipeTo(Sender);
    }
}
