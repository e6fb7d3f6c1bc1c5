namespace Cascade.Actors.Tests;

/// <summary>An asker's thread carries out the turns that answer, within its bound, and never nests them.</summary>
public sealed class LentThreadTests : IAsyncLifetime
{
    private readonly ActorSystem _system = ActorSystem.Create("lent");

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync() => await _system.Terminate();

    [Fact]
    public async Task Question_to_an_idle_actor_is_answered_on_the_askers_thread()
    {
        var actor = await StartAsync(() => new TellThread());
        Assert.Equal(Environment.CurrentManagedThreadId, Completed(actor.Ask<int>("where")));
    }

    [Fact]
    public async Task Question_that_is_passed_on_is_answered_on_the_askers_thread_too()
    {
        var last = await StartAsync(() => new TellThread());
        var first = await StartAsync(() => new PassOn(last));
        Assert.Equal(Environment.CurrentManagedThreadId, Completed(first.Ask<int>("where")));
    }

    [Fact]
    public async Task Actor_that_blocks_leaves_the_asker_alone_with_a_dispatcher_that_does_not_run_on_askers()
    {
        using var gate = new ManualResetEventSlim();
        var dispatcher = new ThreadPoolDispatcher(100, runsOnAskers: false);
        var actor = _system.ActorOf(Props.Create(() => new Blocking(gate)).WithDispatcher(dispatcher));
        var asked = actor.Ask<bool>("wait");
        gate.Set();
        Assert.True(await asked, "Ask returned only when the actor had given up waiting.");
    }

    [Fact]
    public async Task Actor_that_goes_on_forever_does_not_keep_the_asker()
    {
        var actor = await StartAsync(() => new Restless());
        var asked = actor.Ask<string>("stop it");
        Assert.Equal("stopped", await asked.WaitAsync(TimeSpan.FromSeconds(30)));
        var spinning = actor.Ask<string>("spin");
        Assert.False(spinning.IsCompleted);
        Assert.Equal("stopped", await actor.Ask<string>("stop it"));
    }

    [Fact]
    public async Task Question_asked_within_a_turn_goes_to_the_pool()
    {
        var inner = await StartAsync(() => new TellThread());
        var nested = new bool[1];
        var outer = await StartAsync(() => new AskWithin(inner, nested));
        await await outer.Ask<Task<int>>("go");
        Assert.False(nested[0], "A turn ran inside another one.");
    }

    private static T Completed<T>(Task<T> task)
    {
        Assert.True(task.IsCompletedSuccessfully, "The answer was not there when Ask returned.");
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Starts an actor and waits until its first turn is over and its mailbox idle.</summary>
    private async Task<IActorRef> StartAsync(Func<ActorBase> make)
    {
        var actor = _system.ActorOf(Props.Create(make));
        while (true)
        {
            var answer = actor.Ask<object>("ready");
            if (answer.IsCompletedSuccessfully)
                return actor;
            await answer;
            await Task.Yield();
        }
    }

    private sealed class TellThread : UntypedActor
    {
        [ThreadStatic]
        private static bool _isWithin;

        public static bool IsWithin
        {
            get => _isWithin;
            set => _isWithin = value;
        }

        public static bool WasNested { get; private set; }

        protected override void OnReceive(object message)
        {
            WasNested |= IsWithin;
            Sender.Tell(Environment.CurrentManagedThreadId);
        }
    }

    private sealed class Blocking(ManualResetEventSlim gate) : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(gate.Wait(TimeSpan.FromSeconds(10)));
    }

    private sealed class PassOn(IActorRef next) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is "ready") Sender.Tell("ready");
            else next.Forward(message);
        }
    }

    private sealed class Restless : UntypedActor
    {
        private bool _spins;

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case "ready":
                    Sender.Tell("ready");
                    break;
                case "stop it":
                    _spins = false;
                    Sender.Tell("stopped");
                    break;
                default:
                    _spins |= message is "spin";
                    if (_spins) Self.Tell("again");
                    break;
            }
        }
    }

    private sealed class AskWithin(IActorRef inner, bool[] nested) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is "ready")
            {
                Sender.Tell("ready");
                return;
            }

            TellThread.IsWithin = true;
            Sender.Tell(inner.Ask<int>("where"));
            TellThread.IsWithin = false;
            nested[0] = TellThread.WasNested;
        }
    }
}
