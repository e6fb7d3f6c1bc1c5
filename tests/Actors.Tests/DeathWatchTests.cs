namespace Cascade.Actors.Tests;

public sealed class DeathWatchTests
{
    private readonly SimulatedSystem _sim = new();

    [Fact]
    public void Watching_a_dead_actor_tells_once()
    {
        var actor = _sim.Start(() => new Idle());
        _sim.System.Stop(actor);
        _sim.Run();
        var watcher = _sim.Probe();
        watcher.Ref.Tell(new WatchIt(actor));
        _sim.Run();
        Assert.Equal([new Terminated(actor)], watcher.Messages);
    }

    [Fact]
    public void Watching_again_after_the_news_tells_again()
    {
        var actor = _sim.Start(() => new Idle());
        var watcher = _sim.Probe();
        watcher.Ref.Tell(new WatchIt(actor));
        _sim.System.Stop(actor);
        _sim.Run();
        watcher.Ref.Tell(new WatchIt(actor));
        _sim.Run();
        Assert.Equal(2, watcher.Of<Terminated>().Count());
    }

    [Fact]
    public void Unwatching_takes_back_news_that_waits_in_the_mailbox()
    {
        var actor = _sim.Start(() => new Idle());
        var watcher = _sim.Probe();
        watcher.Ref.Tell(new WatchIt(actor));
        _sim.Run();
        _sim.System.Stop(actor);
        watcher.Ref.Tell(new UnwatchIt(actor));
        _sim.Run();
        Assert.Empty(watcher.Messages);
    }

    [Fact]
    public void Watch_with_tells_that_message()
    {
        var seen = new List<object>();
        var actor = _sim.Start(() => new Idle());
        _sim.Start(() => new WithMessage(actor, seen));
        _sim.Run();
        _sim.System.Stop(actor);
        _sim.Run();
        Assert.Equal(["gone"], seen);
    }

    [Fact]
    public void Terminated_without_a_handler_breaks_the_pact()
    {
        var actor = _sim.Start(() => new Idle());
        var watcher = _sim.Start(() => new Pact(actor));
        var probe = _sim.Probe();
        probe.Ref.Tell(new WatchIt(watcher));
        _sim.Run();
        _sim.System.Stop(actor);
        _sim.Run();
        Assert.Equal([new Terminated(watcher)], probe.Messages);
        Assert.IsType<DeathPactException>(Assert.IsType<Error>(Assert.Single(_sim.Log)).Cause);
    }

    [Fact]
    public void Watch_racing_with_the_end_tells_exactly_once() => SimulatedSystem.ForSeeds(500, seed =>
    {
        var sim = new SimulatedSystem(seed);
        var actor = sim.Start(() => new Idle());
        var watchers = Enumerable.Range(0, 5).Select(_ => sim.Probe()).ToArray();
        foreach (var watcher in watchers)
        {
            watcher.Ref.Tell(new WatchIt(actor));
            watcher.Ref.Tell(new UnwatchIt(actor));
            watcher.Ref.Tell(new WatchIt(actor));
            watcher.Ref.Tell(new WatchIt(actor));
        }

        if (seed % 2 == 0) actor.Tell(PoisonPill.Instance);
        else sim.System.Stop(actor);
        sim.Run();
        foreach (var watcher in watchers)
        {
            // A watch taken back before the news leaves one; news handed over before the second watch makes two.
            var count = watcher.Of<Terminated>().Count();
            Assert.InRange(count, 1, 2);
        }
    });

    [Fact]
    public void Single_watch_racing_with_the_end_tells_exactly_once() => SimulatedSystem.ForSeeds(500, seed =>
    {
        var sim = new SimulatedSystem(seed);
        var actor = sim.Start(() => new Idle());
        var watchers = Enumerable.Range(0, 5).Select(_ => sim.Probe()).ToArray();
        foreach (var watcher in watchers) watcher.Ref.Tell(new WatchIt(actor));
        actor.Tell(PoisonPill.Instance);
        sim.Run();
        foreach (var watcher in watchers) Assert.Equal([new Terminated(actor)], watcher.Messages);
    });

    private sealed class Idle : UntypedActor
    {
        protected override void OnReceive(object message)
        {
        }
    }

    private sealed class WithMessage : UntypedActor
    {
        private readonly List<object> _seen;

        public WithMessage(IActorRef subject, List<object> seen)
        {
            _seen = seen;
            Context.WatchWith(subject, "gone");
        }

        protected override void OnReceive(object message) => _seen.Add(message);
    }

    private sealed class Pact : ReceiveActor
    {
        public Pact(IActorRef subject)
        {
            Context.Watch(subject);
            Receive<string>(_ => { });
        }
    }
}
