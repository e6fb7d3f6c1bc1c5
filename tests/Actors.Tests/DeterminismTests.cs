using Cascade.Actors.Simulation;
using Cascade.Core.Sharding;

namespace Cascade.Actors.Tests;

public sealed class DeterminismTests
{
    [Fact]
    public void Same_seed_gives_the_same_trace() => SimulatedSystem.ForSeeds(20, seed => Assert.Equal(Trace(seed), Trace(seed)));

    [Fact]
    public void Different_seeds_give_different_traces() =>
        Assert.True(SimulatedSystem.Seeds(20).Select(seed => string.Join('|', Trace(seed))).Distinct().Count() > 15);

    [Fact]
    public void Timers_fire_in_order_of_deadline_then_of_arming()
    {
        var time = new VirtualTimeProvider();
        var seen = new List<string>();
        foreach (var (name, seconds) in new[] { ("b", 2), ("a", 1), ("c", 2) })
            time.CreateTimer(_ => seen.Add($"{name} {time.Elapsed.TotalSeconds}"), null, TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["a 1", "b 2", "c 2"], seen);
        Assert.Equal(TimeSpan.FromSeconds(5), time.Elapsed);
    }

    [Fact]
    public void Await_in_a_run_comes_back_to_the_running_thread()
    {
        var time = new VirtualTimeProvider();
        var dispatcher = DeterministicDispatcher.Seeded(time, 1);
        var thread = Environment.CurrentManagedThreadId;
        var threads = dispatcher.Run(async () =>
        {
            var seen = new List<int>();
            await Task.Yield();
            seen.Add(Environment.CurrentManagedThreadId);
            await Task.Delay(TimeSpan.FromMinutes(1), time);
            seen.Add(Environment.CurrentManagedThreadId);
            await Task.Delay(TimeSpan.FromMinutes(1), time).ConfigureAwait(false);
            seen.Add(Environment.CurrentManagedThreadId);
            return seen;
        });
        Assert.Equal([thread, thread, thread], threads);
        Assert.Equal(TimeSpan.FromMinutes(2), time.Elapsed);
    }

    [Fact]
    public void Run_that_can_never_end_says_so()
    {
        var dispatcher = DeterministicDispatcher.Fifo(new VirtualTimeProvider());
        Assert.Throws<InvalidOperationException>(() => dispatcher.Run(() => new TaskCompletionSource().Task));
    }

    /// <summary>Chatter with asks, timers, failures and passivation, as one list of what happened when.</summary>
    private static List<string> Trace(ulong seed)
    {
        var sim = new SimulatedSystem(seed);
        var trace = new List<string>();
        var region = ClusterSharding.Get(sim.System).Start(
            "chat", id => Props.Create(() => new Chatter(id, trace, sim.Time)),
            new ClusterShardingSettings { PassivateIdleEntityAfter = TimeSpan.FromSeconds(3) }, new Extractor());
        for (var i = 0; i < 8; i++) region.Tell(new ShardingEnvelope($"e{i}", region));
        sim.Advance(10);
        trace.AddRange(sim.Log.Select(e => e.Message));
        trace.Add($"{sim.Dispatcher.Turns}");
        return trace;
    }

    private sealed class Extractor : HashCodeMessageExtractor
    {
        public override string? EntityId(object message) => (message as ShardingEnvelope)?.EntityId;
    }

    private sealed class Chatter : ReceiveActor, IWithTimers
    {
        private readonly SplitMix64 _random;

        public Chatter(string id, List<string> trace, TimeProvider time)
        {
            _random = new SplitMix64((ulong)ShardMap.ShardOf(id));
            ReceiveAsync<IActorRef>(async region =>
            {
                trace.Add($"{time.GetUtcNow():ss.fff} {id} asks");
                var reply = await region.Ask<string>(new ShardingEnvelope($"e{_random.Next(8)}", "hi"), TimeSpan.FromMilliseconds(500))
                    .ContinueWith(t => t.IsFaulted ? t.Exception.InnerException!.GetType().Name : t.Result, TaskContinuationOptions.ExecuteSynchronously);
                trace.Add($"{time.GetUtcNow():ss.fff} {id} heard {reply}");
                Timers.StartSingleTimer("again", region, TimeSpan.FromMilliseconds(_random.Next(5_000)));
            });
            Receive<string>(_ =>
            {
                trace.Add($"{time.GetUtcNow():ss.fff} {id} replies");
                if (_random.Next(5) == 0) throw new InvalidTimeZoneException(id);
                Sender.Tell(id);
            });
        }

        public ITimerScheduler Timers { get; set; } = null!;
    }
}
