namespace Cascade.Actors.Tests;

/// <summary>The same engine on real threads.</summary>
public sealed class ThreadPoolTests : IAsyncLifetime
{
    private readonly ActorSystem _system = ActorSystem.Create("threads");

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync() => await _system.Terminate();

    [Fact]
    public async Task Many_producers_lose_and_double_nothing_and_each_keeps_its_order()
    {
        const int Producers = 8, Each = 20_000;
        var done = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var actor = _system.ActorOf(Props.Create(() => new OrderCheck(Producers, Each, done)).WithMailbox(Producers * Each));
        var producers = Enumerable.Range(0, Producers).Select(p => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++) actor.Tell((p, i));
        }));
        await Task.WhenAll(producers);
        Assert.Null(await done.Task);
    }

    [Fact]
    public async Task Small_mailbox_takes_or_rejects_each_message_exactly_once()
    {
        const int Producers = 4, Each = 20_000;
        var handled = new int[1];
        var actor = _system.ActorOf(Props.Create(() => new Count(handled)).WithMailbox(64));
        await Task.WhenAll(Enumerable.Range(0, Producers).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++) actor.Tell(i);
        })));
        for (var rejectedAsks = 0; ; rejectedAsks++)
        {
            // Behind everything that was taken, unless the mailbox is still full.
            try
            {
                await actor.Ask<string>("end");
                Assert.Equal(Producers * Each, handled[0] + _system.DeadLetterCount - rejectedAsks);
                return;
            }
            catch (MailboxFullException)
            {
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task Concurrent_asks_each_get_their_own_reply()
    {
        var actor = _system.ActorOf(Props.Create(() => new Echo()));
        await Task.WhenAll(Enumerable.Range(0, 16).Select(a => Task.Run(async () =>
        {
            for (var i = 0; i < 2_000; i++) Assert.Equal((a, i), await actor.Ask<(int, int)>((a, i), TimeSpan.FromSeconds(30)));
        })));
    }

    [Fact]
    public async Task Asks_racing_with_the_end_of_the_actor_all_end()
    {
        for (var round = 0; round < 50; round++)
        {
            var actor = _system.ActorOf(Props.Create(() => new Echo()));
            var asks = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                var answered = 0;
                try
                {
                    for (; answered < 10_000; answered++) await actor.Ask<int>(answered, Timeout.InfiniteTimeSpan);
                }
                catch (DeadLetterException)
                {
                }

                return answered;
            })).ToArray();
            actor.Tell(PoisonPill.Instance);
            await Task.WhenAll(asks);
        }
    }

    [Fact]
    public async Task Asker_that_blocks_after_its_reply_does_not_hold_up_the_actor()
    {
        var actor = _system.ActorOf(Props.Create(() => new Echo()));
        using var release = new SemaphoreSlim(0);
        var blocked = Task.Run(async () =>
        {
            await actor.Ask<string>("first");
            release.Wait();
        });
        Assert.Equal("second", await actor.Ask<string>("second"));
        release.Release();
        await blocked;
    }

    [Fact]
    public async Task Real_deadline_ends_an_ask()
    {
        var actor = _system.ActorOf(Props.Create(() => new Mute()));
        await Assert.ThrowsAsync<AskTimeoutException>(() => actor.Ask<string>("x", TimeSpan.FromMilliseconds(20)));
    }

    [Fact]
    public async Task Signal_that_comes_as_a_turn_ends_is_not_overlooked()
    {
        for (var round = 0; round < 20_000; round++)
        {
            var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var actor = _system.ActorOf(Props.Create(() => new Stoppable(stopped)));
            actor.Tell("a turn");
            Thread.SpinWait(round % 64);
            _system.Stop(actor);
            await stopped.Task.WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    [Fact]
    public async Task Watches_racing_with_the_end_each_tell_once()
    {
        for (var round = 0; round < 200; round++)
        {
            var subject = _system.ActorOf(Props.Create(() => new Echo()));
            var told = Enumerable.Range(0, 4).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
            foreach (var one in told) _system.ActorOf(Props.Create(() => new Watcher(subject, one)));
            _system.Stop(subject);
            await Task.WhenAll(told.Select(one => one.Task));
        }
    }

    private sealed class OrderCheck(int producers, int each, TaskCompletionSource<string?> done) : UntypedActor
    {
        private readonly int[] _next = new int[producers];
        private int _count;

        protected override void OnReceive(object message)
        {
            var (producer, number) = ((int, int))message;
            if (_next[producer]++ != number) done.TrySetResult($"producer {producer}: {number} came as number {_next[producer] - 1}");
            if (++_count == producers * each) done.TrySetResult(null);
        }
    }

    private sealed class Count(int[] handled) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is string) Sender.Tell(message);
            else handled[0]++;
        }
    }

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }

    private sealed class Mute : UntypedActor
    {
        protected override void OnReceive(object message)
        {
        }
    }

    private sealed class Stoppable(TaskCompletionSource stopped) : UntypedActor
    {
        protected override void PostStop() => stopped.SetResult();

        protected override void OnReceive(object message)
        {
        }
    }

    private sealed class Watcher : UntypedActor
    {
        private readonly TaskCompletionSource _told;

        public Watcher(IActorRef subject, TaskCompletionSource told)
        {
            _told = told;
            Context.Watch(subject);
        }

        protected override void OnReceive(object message) => _told.SetResult();
    }
}
