namespace Cascade.Actors.Tests;

public sealed class SupervisionTests
{
    private readonly SimulatedSystem _sim = new();
    private readonly List<string> _seen = [];
    private IActorRef? _parent;

    [Fact]
    public void Restart_keeps_ref_and_mailbox_and_runs_the_hooks_in_order()
    {
        var actor = _sim.Start(() => new Child(_seen), "c");
        foreach (var message in new[] { "a", "fail", "b" }) actor.Tell(message);
        _sim.Run();
        Assert.Equal(["c start", "c a", "c pre-restart fail", "c stop", "c post-restart", "c start", "c b"], _seen);
        Assert.Equal("Failed: planned (Restart)", Assert.IsType<Error>(Assert.Single(_sim.Log)).Message);
    }

    [Fact]
    public void Resume_goes_on_with_the_same_instance()
    {
        Parent(new OneForOneStrategy(_ => Directive.Resume), "one");
        Tell("one", "a", "fail", "b");
        Assert.Equal(["one start", "one a", "one b"], _seen);
    }

    [Fact]
    public void Stop_ends_the_child()
    {
        Parent(SupervisorStrategy.StoppingStrategy, "one");
        Tell("one", "fail", "b");
        Assert.Equal(["one start", "one stop"], _seen);
        Assert.Equal("b", Assert.Single(_sim.DeadLetters.Of<DeadLetter>()).Message);
    }

    [Fact]
    public void All_for_one_restarts_the_siblings()
    {
        Parent(new AllForOneStrategy(_ => Directive.Restart), "one", "two");
        _seen.Clear();
        Tell("one", "fail");
        Assert.Equal(
            ["one post-restart", "one pre-restart fail", "one start", "one stop", "two post-restart", "two pre-restart ", "two start", "two stop"],
            _seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Retries_beyond_the_limit_stop_the_child()
    {
        Parent(new OneForOneStrategy(maxNrOfRetries: 2), "one");
        Tell("one", "fail", "fail", "a", "fail", "b");
        Assert.Equal(3, _seen.Count(s => s == "one start"));
        Assert.Equal("one stop", _seen[^1]);
        Assert.Contains("one a", _seen);
        Assert.DoesNotContain("one b", _seen);
    }

    [Fact]
    public void Retries_are_counted_anew_after_the_time_range()
    {
        Parent(new OneForOneStrategy(1, TimeSpan.FromSeconds(10)), "one");
        Tell("one", "fail");
        _sim.Advance(11);
        Tell("one", "fail", "a");
        Assert.Equal("one a", _seen[^1]);
        Tell("one", "fail", "b");
        Assert.Equal("one stop", _seen[^1]);
    }

    [Fact]
    public void Escalation_fails_the_parent()
    {
        var parent = Parent(new OneForOneStrategy(_ => Directive.Escalate), "one");
        _seen.Clear();
        Tell("one", "fail", "a");
        // The parent is restarted by the guardian, which stops the child; the parent starts a new one.
        Assert.Equal(["one stop", "one start", "one a"], _seen);
        Assert.Equal(parent.Path.ToString(), Assert.Single(_sim.Log).LogSource);
    }

    [Fact]
    public void Escalation_past_the_guardian_terminates_the_system()
    {
        var sim = new SimulatedSystem(configure: s => s with { GuardianStrategy = new OneForOneStrategy(_ => Directive.Escalate) });
        var actor = sim.Start(() => new Child(_seen), "c");
        actor.Tell("fail");
        sim.Run();
        Assert.True(sim.System.WhenTerminated.IsCompletedSuccessfully);
        Assert.Equal("planned", Assert.IsType<Error>(Assert.Single(sim.Log)).Cause.Message);
    }

    [Fact]
    public void Actor_that_cannot_be_constructed_is_stopped()
    {
        var watcher = _sim.Probe();
        var actor = _sim.Start<Child>(() => throw new InvalidTimeZoneException("no zone"));
        watcher.Ref.Tell(new WatchIt(actor));
        _sim.Run();
        Assert.Single(watcher.Of<Terminated>());
        Assert.Contains("no zone", Assert.IsType<ActorInitializationException>(Assert.IsType<Error>(Assert.Single(_sim.Log)).Cause).Message);
    }

    [Fact]
    public void Kill_stops_by_the_default_strategy()
    {
        var actor = _sim.Start(() => new Child(_seen), "c");
        actor.Tell(Kill.Instance);
        _sim.Run();
        Assert.Equal(["c start", "c stop"], _seen);
    }

    [Fact]
    public void Hook_that_throws_does_not_keep_the_actor_from_stopping()
    {
        var watcher = _sim.Probe();
        var actor = _sim.Start(() => new BadStop());
        watcher.Ref.Tell(new WatchIt(actor));
        actor.Tell(PoisonPill.Instance);
        _sim.Run();
        Assert.Single(watcher.Of<Terminated>());
        Assert.Single(_sim.Log);
    }

    [Fact]
    public void Stopping_a_parent_stops_its_children_first()
    {
        var parent = Parent(SupervisorStrategy.DefaultStrategy, "one", "two");
        _seen.Clear();
        var watcher = _sim.Probe();
        watcher.Ref.Tell(new WatchIt(parent));
        _sim.Run();
        _sim.System.Stop(parent);
        _sim.Run();
        Assert.Equal(["one stop", "two stop"], _seen);
        Assert.Single(watcher.Of<Terminated>());
    }

    [Fact]
    public void Supervision_under_random_schedules_loses_no_message() => SimulatedSystem.ForSeeds(300, seed =>
    {
        var sim = new SimulatedSystem(seed);
        var seen = new List<string>();
        var actors = Enumerable.Range(0, 4).Select(i => sim.Start(() => new Child(seen), $"c{i}")).ToArray();
        for (var i = 0; i < 10; i++)
        {
            foreach (var actor in actors) actor.Tell(i % 3 == 1 ? "fail" : $"{i}");
        }

        sim.Run();
        for (var c = 0; c < 4; c++)
            Assert.Equal(["0", "2", "3", "5", "6", "8", "9"], seen.Where(s => s.Length == 4 && s.StartsWith($"c{c} ", StringComparison.Ordinal)).Select(s => s[3..]));
        Assert.Equal(12, sim.Log.Count);
    });

    private IActorRef Parent(SupervisorStrategy strategy, params string[] children)
    {
        _parent = _sim.Start(() => new ParentActor(strategy, children, _seen), "parent");
        _sim.Run();
        return _parent;
    }

    private void Tell(string child, params string[] messages)
    {
        foreach (var message in messages) _parent!.Tell((child, (object)message));
        _sim.Run();
    }

    private sealed class ParentActor : UntypedActor
    {
        private readonly SupervisorStrategy _strategy;

        public ParentActor(SupervisorStrategy strategy, string[] children, List<string> seen)
        {
            _strategy = strategy;
            foreach (var child in children) Context.ActorOf(Props.Create(() => new Child(seen)), child);
        }

        protected override SupervisorStrategy SupervisorStrategy() => _strategy;

        protected override void OnReceive(object message)
        {
            var (child, inner) = ((string, object))message;
            Context.Child(child).Tell(inner);
        }
    }

    private sealed class Child(List<string> seen) : UntypedActor
    {
        protected override void PreStart() => seen.Add($"{Self.Path.Name} start");

        protected override void PostStop() => seen.Add($"{Self.Path.Name} stop");

        protected override void PreRestart(Exception reason, object? message)
        {
            seen.Add($"{Self.Path.Name} pre-restart {message}");
            base.PreRestart(reason, message);
        }

        protected override void PostRestart(Exception reason)
        {
            seen.Add($"{Self.Path.Name} post-restart");
            base.PostRestart(reason);
        }

        protected override void OnReceive(object message)
        {
            if (message is "fail") throw new InvalidTimeZoneException("planned");
            seen.Add($"{Self.Path.Name} {message}");
        }
    }

    private sealed class BadStop : UntypedActor
    {
        protected override void PostStop() => throw new InvalidTimeZoneException();

        protected override void OnReceive(object message)
        {
        }
    }
}
