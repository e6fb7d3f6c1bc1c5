using System.Diagnostics;
using Cascade.Actors;

namespace Cascade.Hosting.Benchmarks;

/// <summary>What the actor engine does on this machine; medians over several rounds.</summary>
/// <param name="TellPerS">Messages told by one thread and handled by one actor.</param>
/// <param name="AskPerS">Asks answered with one in flight, each with a deadline.</param>
/// <param name="Ask64PerS">Asks answered with 64 in flight, each with a deadline.</param>
/// <param name="AskMeanUs">Mean time of an ask with one in flight.</param>
/// <param name="IdleEntityBytes">Managed memory of a shard region's idle entity, its bookkeeping included.</param>
internal sealed record ActorBenchmarkResult(
    double TellPerS, double AskPerS, double Ask64PerS, double AskMeanUs, double IdleEntityBytes);

/// <summary>Measures the actor engine in some ten seconds.</summary>
internal static class ActorBenchmarks
{
    private const int Rounds = 5;

    /// <summary>Until the hot paths are compiled for good, also where the compiler's thread has to wait for a core.</summary>
    private const int WarmUpRounds = 3;

    private const int Entities = 100_000;
    private static readonly TimeSpan RoundTime = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AskDeadline = TimeSpan.FromSeconds(10);
    private static readonly object Message = new();

    /// <summary>Runs all measurements, one after the other.</summary>
    public static async Task<ActorBenchmarkResult> RunAsync()
    {
        using var system = ActorSystem.Create("bench");
        var echo = system.ActorOf(Props.Create(static () => new Echo()));
        var tell = await MedianAsync(() => TellAsync(system));
        var ask = await MedianAsync(() => AskAsync(echo, 1));
        var ask64 = await MedianAsync(() => AskAsync(echo, 64));
        var bytes = await IdleEntityBytesAsync(system);
        await system.Terminate();
        return new ActorBenchmarkResult(tell, ask, ask64, 1e6 / ask, bytes);
    }

    private static async Task<double> MedianAsync(Func<Task<double>> measure)
    {
        for (var i = 0; i < WarmUpRounds; i++) await measure();
        var figures = new double[Rounds];
        for (var i = 0; i < Rounds; i++) figures[i] = await measure();
        Array.Sort(figures);
        return figures[Rounds / 2];
    }

    private static async Task<double> TellAsync(ActorSystem system)
    {
        const int Count = 4_000_000;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var counter = system.ActorOf(Props.Create(() => new Counter(Count, done)).WithMailbox(Count));
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Count; i++) counter.Tell(Message, null);
        await done.Task;
        var rate = Count / Stopwatch.GetElapsedTime(start).TotalSeconds;
        system.Stop(counter);
        return rate;
    }

    private static async Task<double> AskAsync(IActorRef echo, int inFlight)
    {
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(() => AskUntilAsync(echo, start))));
        return counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<long> AskUntilAsync(IActorRef echo, long start)
    {
        var count = 0L;
        while (Stopwatch.GetElapsedTime(start) < RoundTime)
        {
            for (var i = 0; i < 64; i++) await echo.Ask<object>(Message, AskDeadline);
            count += 64;
        }

        return count;
    }

    private static async Task<double> IdleEntityBytesAsync(ActorSystem system)
    {
        var region = ClusterSharding.Get(system).Start(
            "idle", static _ => Props.Create(static () => new Echo()), new ClusterShardingSettings(), new Extractor());
        await region.Ask<object>(new ShardingEnvelope("first", Message));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Entities; i++) await region.Ask<object>(new ShardingEnvelope($"entity-{i}", Message));
        return (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Entities;
    }

    private sealed class Extractor : HashCodeMessageExtractor
    {
        public override string? EntityId(object message) => (message as ShardingEnvelope)?.EntityId;
    }

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message, Self);
    }

    private sealed class Counter(int count, TaskCompletionSource done) : UntypedActor
    {
        private int _seen;

        protected override void OnReceive(object message)
        {
            if (++_seen == count) done.SetResult();
        }
    }
}
