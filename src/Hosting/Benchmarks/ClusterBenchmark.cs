using System.Diagnostics;
using System.Globalization;
using Cascade.Actors;
using Cascade.Actors.Remoting;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;
using Cascade.Hosting.Cli.Fleet;

namespace Cascade.Hosting.Benchmarks;

/// <summary>What the actor engine does between processes of this machine; rates are medians over several rounds.</summary>
/// <param name="RemoteAskPerS">Asks to an actor of another process, 64 in flight.</param>
/// <param name="RemoteAskP50Us">Median time of such an ask, one in flight.</param>
/// <param name="ShardedAskPerS">Asks to 100,000 entities over 3 processes, 64 in flight, from one of them.</param>
/// <param name="MembersUpS">From the start of 3 processes until each knows all members up.</param>
/// <param name="FailoverS">From kill -9 of a process until an entity that it had answers elsewhere.</param>
internal sealed record ClusterBenchmarkResult(
    double RemoteAskPerS, double RemoteAskP50Us, double ShardedAskPerS, double MembersUpS, double FailoverS);

/// <summary>Measures the actor engine over three processes, this one among them, in some twenty seconds.</summary>
internal static class ClusterBenchmark
{
    /// <summary>The hidden verb that the other processes run.</summary>
    public const string PeerVerb = "bench-peer";

    /// <summary>What a peer says when it knows all members.</summary>
    public const string PeerUpLine = "bench-peer: all up";

    /// <summary>Members of the cluster.</summary>
    public const int Members = 3;

    private const int Entities = 100_000;
    private const int InFlight = 64;
    private const int Rounds = 5;
    private const int WarmUpRounds = 3;
    private static readonly TimeSpan RoundTime = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs all measurements, one after the other.</summary>
    public static async Task<ClusterBenchmarkResult> RunAsync(CancellationToken cancellationToken)
    {
        var cluster = string.Create(CultureInfo.InvariantCulture, $"bench-{Environment.ProcessId}");
        var started = Stopwatch.GetTimestamp();

        // Three processes that start together, as the nodes of a cluster do: this one, whose runtime is warm, only watches them.
        await using var self = BenchMember.Start(cluster, 0, null);
        var peers = Enumerable.Range(1, Members - 1).Select(id => StartPeer(cluster, id, self.Cluster.Address.Text)).ToArray();
        try
        {
            await Task.WhenAll(peers.Select(peer => UpAsync(peer, cancellationToken)));
            await UntilAsync(() => self.Knows(Members), cancellationToken);
            var membersUp = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var echo = self.Cluster.Nodes.Of(new NodeId(1), BenchMember.EchoPath)!;
            var p50 = await OneAtATimeAsync(echo);
            var remote = await MedianAsync(echo, static _ => 0);
            await TouchAllAsync(self.Entities);
            var sharded = await MedianAsync(self.Entities, static random => random.Next(Entities));
            var failover = await FailoverAsync(self, peers[1], new NodeId(2), cancellationToken);
            return new ClusterBenchmarkResult(remote, p50, sharded, membersUp, failover);
        }
        finally
        {
            foreach (var peer in peers)
            {
                peer.Kill();
                await peer.WaitForExitAsync(CancellationToken.None);
                peer.Dispose();
            }
        }
    }

    private static Process StartPeer(string cluster, int id, string seed)
    {
        var program = FleetProgram.This;
        var info = new ProcessStartInfo(program.FileName) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])[.. program.Arguments, PeerVerb, cluster, id.ToString(CultureInfo.InvariantCulture), seed])
            info.ArgumentList.Add(argument);
        return Process.Start(info) ?? throw new InvalidOperationException("No process was started.");
    }

    private static async Task UpAsync(Process peer, CancellationToken cancellationToken)
    {
        while (await peer.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(Patience, cancellationToken) is { } line)
        {
            if (line == PeerUpLine)
                return;
        }

        throw new InvalidOperationException("A process of the benchmark ended before it was up.");
    }

    private static async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new TimeoutException($"The members did not find each other within {Patience}.");
            await Task.Delay(1, cancellationToken);
        }
    }

    private static async Task<double> OneAtATimeAsync(IActorRef echo)
    {
        const int Asks = 20_000;
        var times = new double[Asks];
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < Asks; i++)
            {
                var start = Stopwatch.GetTimestamp();
                await echo.Ask<BenchAsk>(new BenchAsk(0, i), Patience);
                times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            }
        }

        Array.Sort(times);
        return times[Asks / 2];
    }

    private static async Task TouchAllAsync(IActorRef entities)
    {
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, InFlight).Select(_ => Task.Run(async () =>
        {
            for (int entity; (entity = Interlocked.Increment(ref next) - 1) < Entities;)
                await AskAsync(entities, entity);
        })));
    }

    private static async Task<double> MedianAsync(IActorRef target, Func<Random, int> draw)
    {
        var figures = new double[Rounds];
        for (var round = -WarmUpRounds; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            var counts = await Task.WhenAll(Enumerable.Range(0, InFlight).Select(asker => Task.Run(async () =>
            {
                var random = new Random(asker);
                var count = 0L;
                for (; Stopwatch.GetElapsedTime(start) < RoundTime; count++)
                    await target.Ask<BenchAsk>(new BenchAsk(draw(random), count), Patience);
                return count;
            })));
            if (round >= 0)
                figures[round] = counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        Array.Sort(figures);
        return figures[Rounds / 2];
    }

    /// <summary>Asks as a client does: again while the cluster finds out who has the entity.</summary>
    private static async Task AskAsync(IActorRef entities, int entity)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Patience)
        {
            try
            {
                if (await entities.Ask<object>(new BenchAsk(entity, 0), Patience) is not Moved)
                    return;
            }
            catch (PeerUnreachableException)
            {
                // The node that had it is gone.
            }

            await Task.Delay(2);
        }

        throw new TimeoutException($"No node answered for an entity within {Patience}.");
    }

    private static async Task<double> FailoverAsync(BenchMember self, Process victim, NodeId node, CancellationToken cancellationToken)
    {
        var shards = self.Cluster.View.Current.Shards;
        var entity = Enumerable.Range(0, Entities).First(candidate => shards.OwnerOf(ShardMap.ShardOf((ulong)candidate)) == node);
        await AskAsync(self.Entities, entity);
        var started = Stopwatch.GetTimestamp();
        victim.Kill();
        await AskAsync(self.Entities, entity).WaitAsync(Patience, cancellationToken);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
