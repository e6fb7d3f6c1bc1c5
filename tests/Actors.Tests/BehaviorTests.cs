namespace Cascade.Actors.Tests;

/// <summary>Become, stash, timers, receive timeout.</summary>
public sealed class BehaviorTests
{
    private readonly SimulatedSystem _sim = new();
    private readonly List<string> _seen = [];

    [Fact]
    public void Become_replaces_and_stacked_behaviours_come_back()
    {
        var actor = _sim.Start(() => new Moods(_seen));
        foreach (var message in new[] { "x", "push", "x", "pop", "x", "replace", "x" }) actor.Tell(message);
        _sim.Run();
        Assert.Equal(["calm x", "busy x", "calm x", "other x"], _seen);
    }

    [Fact]
    public void Stashed_messages_come_back_in_order_before_those_that_waited()
    {
        var actor = _sim.Start(() => new Stashing(_seen));
        foreach (var message in new[] { "a", "b", "open", "c" }) actor.Tell(message);
        _sim.Run();
        Assert.Equal(["a", "b", "c"], _seen);
    }

    [Fact]
    public void Stash_survives_a_restart_in_front_of_the_mailbox()
    {
        var actor = _sim.Start(() => new Stashing(_seen));
        foreach (var message in new[] { "a", "b", "fail", "open", "c" }) actor.Tell(message);
        _sim.Run();
        Assert.Equal(["a", "b", "c"], _seen);
    }

    [Fact]
    public void Stash_of_a_stopped_actor_goes_to_the_dead_letters()
    {
        var actor = _sim.Start(() => new Stashing(_seen));
        actor.Tell("a");
        actor.Tell(PoisonPill.Instance);
        _sim.Run();
        Assert.Equal("a", Assert.Single(_sim.DeadLetters.Of<DeadLetter>()).Message);
    }

    [Fact]
    public void Full_stash_fails_the_actor()
    {
        var sim = new SimulatedSystem(configure: s => s with { StashCapacity = 2 });
        var actor = sim.Start(() => new Stashing(_seen));
        foreach (var message in new[] { "a", "b", "c", "open" }) actor.Tell(message);
        sim.Run();
        Assert.IsType<StashOverflowException>(Assert.IsType<Error>(Assert.Single(sim.Log)).Cause);
        Assert.Equal(["a", "b"], _seen);
    }

    [Fact]
    public void Single_timer_fires_once_at_its_time()
    {
        var actor = _sim.Start(() => new Timed(_seen));
        actor.Tell(new Start("once", 2, null));
        _sim.Advance(1.999);
        Assert.Empty(_seen);
        _sim.Advance(0.001);
        Assert.Equal(["once False"], _seen);
        _sim.Advance(10);
        Assert.Single(_seen);
    }

    [Fact]
    public void Periodic_timer_fires_every_interval_until_cancelled()
    {
        var actor = _sim.Start(() => new Timed(_seen));
        actor.Tell(new Start("tick", 1, 1));
        _sim.Advance(3.5);
        Assert.Equal(["tick True", "tick True", "tick True"], _seen);
        actor.Tell("cancel tick");
        _sim.Advance(10);
        Assert.Equal(3, _seen.Count);
    }

    [Fact]
    public void Timer_message_that_waits_is_not_seen_after_cancelling()
    {
        var actor = _sim.Start(() => new Timed(_seen));
        actor.Tell(new Start("once", 1, null));
        _sim.Run();
        _sim.Time.Advance(TimeSpan.FromSeconds(1)); // The message is in the mailbox now, behind nothing.
        actor.Tell("x");
        _sim.System.Stop(actor);
        _sim.Run();
        Assert.Empty(_seen);

        var second = _sim.Start(() => new Timed(_seen));
        second.Tell("cancel once");
        second.Tell(new Start("once", 1, null));
        _sim.Run();
        second.Tell("cancel once");
        _sim.Time.Advance(TimeSpan.FromSeconds(1));
        _sim.Run();
        Assert.Empty(_seen);
    }

    [Fact]
    public void Replaced_timer_is_not_seen()
    {
        var actor = _sim.Start(() => new Timed(_seen));
        actor.Tell(new Start("once", 1, null));
        actor.Tell(new Start("once", 5, null));
        _sim.Advance(4);
        Assert.Empty(_seen);
        _sim.Advance(1);
        Assert.Single(_seen);
    }

    [Fact]
    public void Restart_ends_the_timers()
    {
        var actor = _sim.Start(() => new Timed(_seen));
        actor.Tell(new Start("tick", 1, 1));
        actor.Tell(new Start("once", 1, null));
        actor.Tell("fail");
        _sim.Advance(10);
        Assert.Empty(_seen);
    }

    [Fact]
    public void Cancelled_timers_are_never_seen_under_random_schedules() => SimulatedSystem.ForSeeds(300, seed =>
    {
        var sim = new SimulatedSystem(seed);
        var seen = new List<string>();
        var actor = sim.Start(() => new Timed(seen));
        actor.Tell(new Start("once", 1, null));
        sim.Run();
        if (seed % 2 == 0) sim.Time.Advance(TimeSpan.FromSeconds(1));
        actor.Tell(seed % 3 == 0 ? "fail" : "cancel once");
        if (seed % 2 == 1) sim.Time.Advance(TimeSpan.FromSeconds(1));
        actor.Tell("mark");
        sim.Advance(2);
        string[] expected = seed % 2 == 0 ? ["once False", "mark"] : ["mark"];
        Assert.Equal(expected, seen);
    });

    [Fact]
    public void Receive_timeout_comes_after_silence_and_again()
    {
        var actor = _sim.Start(() => new Silent(_seen));
        _sim.Advance(1.5);
        actor.Tell("x");
        _sim.Advance(1.999);
        Assert.Equal(["x"], _seen);
        _sim.Advance(0.001);
        Assert.Equal(["x", "timeout"], _seen);
        _sim.Advance(2);
        Assert.Equal(["x", "timeout", "timeout"], _seen);
        actor.Tell("off");
        _sim.Advance(10);
        Assert.Equal(["x", "timeout", "timeout", "off"], _seen);
    }

    private sealed record Start(string Name, double Delay, double? Interval);

    private sealed class Moods : ReceiveActor
    {
        public Moods(List<string> seen)
        {
            Receive<string>(s => s == "push", _ => BecomeStacked(() =>
            {
                Receive<string>(s => s == "pop", _ => UnbecomeStacked());
                Receive<string>(s => seen.Add($"busy {s}"));
            }));
            Receive<string>(s => s == "replace", _ => Become(() => Receive<string>(s => seen.Add($"other {s}"))));
            Receive<string>(s => seen.Add($"calm {s}"));
        }
    }

    private sealed class Stashing(List<string> seen) : UntypedActor, IWithStash
    {
        private bool _open;

        public IStash Stash { get; set; } = null!;

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case "fail":
                    throw new InvalidTimeZoneException();
                case "open":
                    _open = true;
                    Stash.UnstashAll();
                    break;
                default:
                    if (_open) seen.Add((string)message);
                    else Stash.Stash();
                    break;
            }
        }
    }

    private sealed class Timed(List<string> seen) : UntypedActor, IWithTimers
    {
        public ITimerScheduler Timers { get; set; } = null!;

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Start start when start.Interval is { } interval:
                    Timers.StartPeriodicTimer(start.Name, start.Name, TimeSpan.FromSeconds(start.Delay), TimeSpan.FromSeconds(interval));
                    break;
                case Start start:
                    Timers.StartSingleTimer(start.Name, start.Name, TimeSpan.FromSeconds(start.Delay));
                    break;
                case "fail":
                    throw new InvalidTimeZoneException();
                case "mark":
                    seen.Add("mark");
                    break;
                case string text when text.StartsWith("cancel ", StringComparison.Ordinal):
                    Timers.Cancel(text[7..]);
                    break;
                case "once" or "tick":
                    seen.Add($"{message} {Timers.IsTimerActive(message)}");
                    break;
            }
        }
    }

    private sealed class Silent : ReceiveActor
    {
        public Silent(List<string> seen)
        {
            Context.SetReceiveTimeout(TimeSpan.FromSeconds(2));
            Receive<ReceiveTimeout>(_ => seen.Add("timeout"));
            Receive<string>(text =>
            {
                seen.Add(text);
                if (text == "off") Context.SetReceiveTimeout(null);
            });
        }
    }
}
