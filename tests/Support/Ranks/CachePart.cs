using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cascade.Core.Fabric;
using Cascade.Core.Identity;
using Cascade.Hosting;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;

namespace Cascade.Ranks;

/// <summary>A rank with a whole node that stores; the blocks that it puts follow from its number.</summary>
internal sealed partial class CachePart : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>No call takes longer, whatever has become of the node that has the block.</summary>
    private static readonly TimeSpan CallWithin = TimeSpan.FromSeconds(20);

    private static readonly int[] Lengths = [1, 4096, 65_537, 1 << 20, (5 << 20) + 3];
    private static readonly CacheNamespace Keys = new("ranks");

    private readonly string _folder;
    private readonly int _rank = int.Parse(Environment.GetEnvironmentVariable("PMI_RANK") ?? "0", CultureInfo.InvariantCulture);
    private readonly int _ranks = int.Parse(Environment.GetEnvironmentVariable("PMI_SIZE") ?? "1", CultureInfo.InvariantCulture);
    private readonly List<CascadeNode> _nodes = [];

    public CachePart(string folder) => _folder = folder;

    private CascadeNode Node => _nodes[0];

    private ICascade Cache => Node.Cache;

    private IEnumerable<int> Others => Enumerable.Range(0, _ranks).Where(rank => rank != _rank);

    /// <summary>Plays a scenario to its end.</summary>
    public async Task PlayAsync(string scenario)
    {
        switch (scenario)
        {
            case "cache": await WholeAsync(); break;
            case "cache-threads": await ThreadsAsync(); break;
            case "cache-kill": await KillAsync(); break;
            case "cache-stop": await StopAsync(); break;
            case "cache-alone": await AloneAsync(); break;
            default: throw new ArgumentException($"There is no scenario {scenario}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }

    private async Task<CascadeNode> StartAsync(int id, string fabric, params string[] settings)
    {
        var (port, seed) = _nodes.Count == 0 ? await PortAsync() : (0, Node.Address.Text);
        var options = CascadeConfiguration.Load(new ConfigurationSources
        {
            Overrides =
            [
                "cascade.tiers.shm.capacity=64MiB", .. settings, $"cascade.tiers.shm.directory={_folder}", $"cascade.fabric={fabric}",
                string.Create(CultureInfo.InvariantCulture, $"cascade.node.id={id}"),
                string.Create(CultureInfo.InvariantCulture, $"cascade.remoting.port={port}"), $"cascade.remoting.seeds=\"{seed}\"",
            ],
        }).Options;
        var node = await CascadeNode.StartAsync(options, new NodeStartup { KeepArena = false, Reset = true }, CancellationToken.None);
        _nodes.Add(node);
        if (_nodes.Count == 1)
        {
            await File.WriteAllTextAsync(Path.Combine(_folder, $"pid-{_rank}"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            await UntilAsync(() => NodesUp() == _ranks, "all nodes");
        }

        return node;
    }

    /// <summary>Rank 0 takes a free port that the others are told of before any of them listens: MPI starts first.</summary>
    private async Task<(int Port, string Seed)> PortAsync()
    {
        var file = Path.Combine(_folder, "seed");
        if (_rank == 0)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var free = ((IPEndPoint)listener.LocalEndpoint).Port;
            listener.Stop();
            await File.WriteAllTextAsync($"{file}.new", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{free}"));
            File.Move($"{file}.new", file);
            return (free, await File.ReadAllTextAsync(file));
        }

        await AwaitAsync("seed");
        return (0, await File.ReadAllTextAsync(file));
    }

    private async Task PutOwnAsync(int[] lengths)
    {
        var blocks = lengths.Select((length, i) => new BlockToPut(KeyOf(_rank, i), Content.Of(_rank, i, length))).ToArray();
        var single = await Cache.PutAsync(blocks[0].Key, blocks[0].Bytes);
        Require(single.Status == PutStatus.Stored, $"a put was {single.Status} {single.Reason}");
        foreach (var result in await Cache.PutManyAsync(blocks.AsMemory(1)))
            Require(result.Status == PutStatus.Stored, $"a put in a batch was {result.Status} {result.Reason}");
    }

    /// <summary>Reads a block; where it came from, and null for a miss. Fails for a wrong byte and for a call that takes too long.</summary>
    private async Task<TierKind?> ReadAsync(int rank, int block, int length)
    {
        var from = Stopwatch.GetTimestamp();
        using var got = await Cache.GetAsync(KeyOf(rank, block));
        Require(Stopwatch.GetElapsedTime(from) < CallWithin, $"block {block} of rank {rank} took {Stopwatch.GetElapsedTime(from)}");
        if (!got.IsHit)
            return null;
        Require(got.Lease.Span.SequenceEqual(Content.Of(rank, block, length)), $"block {block} of rank {rank} has wrong bytes");
        return got.Lease.Tier;
    }

    private static CacheKey KeyOf(int rank, int block) => Keys.Key(Name(rank, block));

    private static byte[] Name(int rank, int block, string suffix = "") =>
        System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{rank}/{block}{suffix}"));

    private int NodesUp() => Node.Cluster.Members.Members.Count(static member => member.TakesWork);

    private async Task<long> TrafficAsync(FabricKind kind) => (await Cache.StatAsync()).Traffic.First(traffic => traffic.Kind == kind).Bytes;

    private async Task RequireTrafficAsync(FabricKind kind, long atLeastBytes = 0, long atMostBytes = long.MaxValue)
    {
        var bytes = await TrafficAsync(kind);
        Require(bytes >= atLeastBytes && bytes <= atMostBytes, $"{bytes} bytes came by {kind}");
    }

    private void Tell(string what) => File.WriteAllText(Path.Combine(_folder, what), "");

    private Task AwaitAsync(string what) => UntilAsync(() => File.Exists(Path.Combine(_folder, what)), what);

    private async Task MeetAsync(string where, params int[] ranks)
    {
        Tell($"{where}-{_rank}");
        foreach (var rank in ranks.Length > 0 ? ranks : Enumerable.Range(0, _ranks))
            await AwaitAsync($"{where}-{rank}");
    }

    private static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Require(TimeProvider.System.GetElapsedTime(start) < Patience, $"waited in vain for {what}");
            await Task.Delay(5);
        }
    }

    /// <summary>
    /// Says that all went well, and ends the nodes. What comes after may not be heard: MPICH's starter can end while ranks that it started as on several machines finalize.
    /// </summary>
    private async Task FinishAsync()
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rank {_rank} ok"));
        foreach (var node in _nodes)
            await node.DisposeAsync();
        Require(!File.Exists(Path.Combine(_folder, $"cascade-cascade-{_rank}")), "the node's memory is left");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rank {_rank} stopped"));
    }

    private static void Require(bool condition, string complaint)
    {
        if (!condition)
            throw new InvalidOperationException(complaint);
    }
}
