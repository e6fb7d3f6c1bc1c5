using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cascade.Core.Identity;
using Cascade.Hosting.Cli.Fleet;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;

namespace Cascade.Hosting.Benchmarks;

/// <summary>What reading blocks of another process costs, beside the bare way to move as many bytes; medians of one run.</summary>
/// <param name="Fabric">shm or tcp.</param>
/// <param name="BlockBytes">Length of each block.</param>
/// <param name="RawGbps">The yardstick, in 10^9 bytes a second: one thread's memcpy, or a bare socket pair with a thread at each end.</param>
/// <param name="GetGbps">Gets, one after another: with shm by copy into the caller's buffer, with tcp by lease on memory of this process.</param>
/// <param name="P50Us">Median time of such a get, of a block that was read before.</param>
/// <param name="FirstP50Us">Median time of the first get of each block: its owner is asked too, and its memory is mapped and checked, or connections are made.</param>
internal sealed record RemoteBenchmarkResult(string Fabric, int BlockBytes, double RawGbps, double GetGbps, double P50Us, double FirstP50Us);

/// <summary>Reads blocks that a node in another process holds.</summary>
internal sealed class RemoteBenchmark
{
    private const int BlockBytes = 16 << 20;
    private const int Blocks = 8;
    private const int Rounds = 21;

    // Until the code has its last form: some seconds.
    private const int WarmUpRounds = 40;

    private readonly bool _isTcp;
    private readonly byte[][] _sources = [.. Enumerable.Range(0, Blocks).Select(static _ => GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true))];
    private readonly byte[] _target = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);

    private RemoteBenchmark(bool isTcp)
    {
        _isTcp = isTcp;
        for (var i = 0; i < Blocks; i++)
            new Random(i).NextBytes(_sources[i]);
    }

    /// <summary>Runs it.</summary>
    /// <param name="isTcp">True to read over TCP although both processes are on one machine.</param>
    /// <param name="settings">Settings of the node, above file and environment.</param>
    /// <param name="say">Takes what the node says.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public static async Task<RemoteBenchmarkResult> RunAsync(bool isTcp, IReadOnlyList<string> settings, Action<string> say, CancellationToken cancellationToken)
    {
        var benchmark = new RemoteBenchmark(isTcp);
        var cluster = string.Create(CultureInfo.InvariantCulture, $"bench-{Environment.ProcessId}");
        var own = Load(cluster, ["cascade.tiers.shm.capacity=512MiB", "cascade.logging.level=Warning", .. settings]);
        await using var fleet = new NodeFleet(
            new FleetSettings(cluster, own.Tiers.Shm.Directory) { Settings = ["cascade.tiers.shm.capacity=512MiB", "cascade.logging.level=Warning", .. settings], Reset = true }, say);
        await fleet.StartAsync(1, cancellationToken);
        var client = Load(
            cluster,
            [
                "cascade.tiers.shm.capacity=256MiB", .. settings, "cascade.node.client=true", "cascade.node.id=65536", $"cascade.fabric={(isTcp ? "tcp" : "shm")}",
                string.Create(CultureInfo.InvariantCulture, $"cascade.remoting.seeds=\"127.0.0.1:{fleet.Nodes[0].Port}\""),
            ]);
        await using var node = await CascadeNode.StartAsync(client, new NodeStartup { KeepArena = false }, cancellationToken);
        return await benchmark.MeasureAsync(node.Cache, cancellationToken);
    }

    private static CascadeOptions Load(string cluster, string[] settings) =>
        CascadeConfiguration.Load(new ConfigurationSources { Overrides = [.. settings, $"cascade.cluster.name={cluster}"] }).Options;

    private async Task<RemoteBenchmarkResult> MeasureAsync(ICascade cache, CancellationToken cancellationToken)
    {
        var keys = new CacheNamespace("bench");
        for (var i = 0; i < Blocks; i++)
        {
            var put = await cache.PutAsync(keys.Key(BitConverter.GetBytes(i)), _sources[i], null, cancellationToken);
            if (put.Status != PutStatus.Stored)
                throw new InvalidOperationException($"The block could not be put: {put.Status} {put.Reason}");
        }

        var (raws, gets, firsts) = (new List<double>(), new List<double>(), new List<double>());
        using var pair = _isTcp ? await SocketPair.OpenAsync(cancellationToken) : null;
        for (var round = -WarmUpRounds; round < Rounds; round++)
        {
            // Yardstick and gets by turns, each of bytes that no cache has any more and each looked at afterwards, so that both meet the same machine.
            for (var i = 0; i < Blocks; i++)
            {
                var time = Time(() => Raw(pair, _sources[i]));
                if (!_target.AsSpan().SequenceEqual(_sources[i]))
                    throw new InvalidOperationException("The yardstick did not move the bytes.");
                if (round >= 0)
                    raws.Add(time.TotalMicroseconds);
            }

            for (var i = 0; i < Blocks; i++)
            {
                var (time, isRight) = await GetAsync(cache, keys.Key(BitConverter.GetBytes(i)), _sources[i], cancellationToken);
                if (!isRight)
                    throw new InvalidOperationException("A block could not be read, or is not what was put.");
                if (round >= 0)
                    gets.Add(time.TotalMicroseconds);
                else if (round == -WarmUpRounds)
                    firsts.Add(time.TotalMicroseconds);
            }
        }

        return new RemoteBenchmarkResult(_isTcp ? "tcp" : "shm", BlockBytes, Gbps(Median(raws)), Gbps(Median(gets)), Median(gets), Median(firsts));
    }

    /// <summary>One get, and whether it gave the right bytes, which is looked at after the time was taken.</summary>
    private async Task<(TimeSpan Time, bool IsRight)> GetAsync(ICascade cache, CacheKey key, byte[] expected, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        if (!_isTcp)
        {
            var copied = await cache.GetIntoAsync(key, _target, null, cancellationToken);
            return (Stopwatch.GetElapsedTime(start), copied.IsHit && _target.AsSpan().SequenceEqual(expected));
        }

        // Bytes from a socket are in this process's memory when the lease is there, as those of the bare pair are.
        using var got = await cache.GetAsync(key, null, cancellationToken);
        return (Stopwatch.GetElapsedTime(start), got.IsHit && got.Lease.Span.SequenceEqual(expected));
    }

    private void Raw(SocketPair? pair, byte[] source)
    {
        if (pair is null)
            source.AsSpan().CopyTo(_target);
        else
            pair.Move(source, _target);
    }

    private static TimeSpan Time(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start);
    }

    private static double Gbps(double microseconds) => BlockBytes / microseconds / 1e3;

    private static double Median(List<double> figures)
    {
        var sorted = figures.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    /// <summary>Two connected sockets with a thread at each end.</summary>
    private sealed class SocketPair(Socket sender, Socket receiver) : IDisposable
    {
        public static async Task<SocketPair> OpenAsync(CancellationToken cancellationToken)
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(1);
            var sender = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await sender.ConnectAsync(listener.LocalEndPoint!, cancellationToken);
            return new SocketPair(sender, await listener.AcceptAsync(cancellationToken));
        }

        public void Move(byte[] from, byte[] to)
        {
            var sending = new Thread(() =>
            {
                for (var sent = 0; sent < from.Length;)
                    sent += sender.Send(from.AsSpan(sent));
            });
            sending.Start();
            for (var received = 0; received < to.Length;)
                received += receiver.Receive(to.AsSpan(received));
            sending.Join();
        }

        public void Dispose()
        {
            sender.Dispose();
            receiver.Dispose();
        }
    }
}
