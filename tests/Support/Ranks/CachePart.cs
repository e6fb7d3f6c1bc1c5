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
internal sealed class CachePart : IAsyncDisposable
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

    /// <summary>Puts, gets, batches, one block under two names, and promotion: every byte compared, all by MPI.</summary>
    private async Task WholeAsync()
    {
        await StartAsync(_rank, "mpi");
        await PutOwnAsync(Lengths);
        await MeetAsync("put");
        foreach (var rank in Others)
        {
            for (var i = 0; i < Lengths.Length; i++)
                Require(await ReadAsync(rank, i, Lengths[i]) == TierKind.Remote, $"block {i} of rank {rank} was not read from there");
            var all = Enumerable.Range(0, Lengths.Length).Select(i => KeyOf(rank, i)).ToArray();
            var got = await Cache.GetManyAsync(all);
            for (var i = 0; i < got.Length; i++)
            {
                Require(got[i].IsHit && got[i].Lease.Span.SequenceEqual(Content.Of(rank, i, Lengths[i])), $"block {i} of rank {rank} is wrong in a batch");
                got[i].Dispose();
            }
        }

        // The bytes are known already, so no second copy of them comes about.
        var neighbour = (_rank + 1) % _ranks;
        var again = await Cache.PutAsync(Keys.Key(Name(neighbour, 3, "again")), Content.Of(neighbour, 3, Lengths[3]));
        Require(again.Status == PutStatus.AlreadyPresent, $"the same bytes under another name were {again.Status}");
        await MeetAsync("shared");
        foreach (var rank in Others)
        {
            TierKind? tier = null;
            for (var reads = 0; tier != TierKind.Shm; reads++)
            {
                Require(reads < 1000, "a block that is read again and again stays elsewhere");
                tier = await ReadAsync(rank, 2, Lengths[2]);
            }
        }

        await MeetAsync("promoted");
        await RequireTrafficAsync(FabricKind.Mpi, atLeastBytes: Others.Count() * (long)Lengths.Sum());
        await RequireTrafficAsync(FabricKind.Tcp, atMostBytes: 0);
        await FinishAsync();
    }

    /// <summary>Four readers at once at each rank.</summary>
    private async Task ThreadsAsync()
    {
        await StartAsync(_rank, "mpi", "cascade.tracker.promote-after-hits=255");
        await PutOwnAsync(Lengths);
        await MeetAsync("put");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(reader => Task.Run(async () =>
        {
            for (var round = 0; round < 5; round++)
            {
                foreach (var rank in Others)
                {
                    for (var i = 0; i < Lengths.Length; i++)
                        await ReadAsync(rank, (i + reader) % Lengths.Length, Lengths[(i + reader) % Lengths.Length]);
                }
            }
        })));
        await MeetAsync("read");
        await RequireTrafficAsync(FabricKind.Tcp, atMostBytes: 0);
        await FinishAsync();
    }

    /// <summary>The test kills rank 2 while the others read its blocks; a later life of it, which is no rank, is read over TCP.</summary>
    private async Task KillAsync()
    {
        await StartAsync(_rank, "mpi", "cascade.tracker.promote-after-hits=255");
        await PutOwnAsync([8 << 20, 65_536]);
        await MeetAsync("put");
        if (_rank == 2)
            await Task.Delay(Timeout.Infinite);

        for (var reads = 1; await ReadAsync(2, 0, 8 << 20) is not null; reads++)
        {
            if (reads == 3)
                Tell($"reading-{_rank}");
        }

        await UntilAsync(() => Node.Cluster.Members.Find(new NodeId(2)) is null, "the removal of the dead node");
        Require(await ReadAsync(2, 1, 65_536) is null, "a block of a dead node was read");
        for (var reads = 0; reads < 10; reads++)
            Require(await ReadAsync(1 - _rank, 0, 8 << 20) == TierKind.Remote, "the survivors do not read each other");
        await MeetAsync("survived", 0, 1);
        if (_rank == 1)
        {
            var second = await StartAsync(2, "tcp");
            Require((await second.Cache.PutAsync(KeyOf(2, 0), Content.Of(2, 0, 8 << 20))).Status == PutStatus.Stored, "the new life stores nothing");
            await UntilAsync(() => NodesUp() == 3, "the new life");
            Tell("restarted");
        }
        else
        {
            await AwaitAsync("restarted");
            await UntilAsync(() => NodesUp() == 3, "the new life");
            var before = await TrafficAsync(FabricKind.Tcp);
            Require(await ReadAsync(2, 0, 8 << 20) == TierKind.Remote, "a block of the new life cannot be read");
            Require(await TrafficAsync(FabricKind.Tcp) == before + (8 << 20), "the new life was not read over TCP");
        }

        await MeetAsync("read", 0, 1);
        await FinishAsync();
    }

    /// <summary>The test stops rank 1 for a while; calls end in their time, and its blocks are there again afterwards.</summary>
    private async Task StopAsync()
    {
        await StartAsync(_rank, "mpi", "cascade.tracker.promote-after-hits=255");
        await PutOwnAsync([8 << 20, 65_536]);
        await MeetAsync("put");
        if (_rank == 0)
        {
            Require(await ReadAsync(1, 0, 8 << 20) == TierKind.Remote, "the block cannot be read");
            Tell("stop-it");
            await AwaitAsync("stopped");
            await ReadAsync(1, 0, 8 << 20);
            Require(await ReadAsync(2, 0, 8 << 20) == TierKind.Remote, "another rank's block cannot be read");
            Tell("let-it-go-on");
            await UntilAsync(async () => NodesUp() == 3 && await ReadAsync(1, 0, 8 << 20) == TierKind.Remote, "the block of the rank that went on");
        }

        await MeetAsync("over");
        await FinishAsync();
    }

    /// <summary>A world of one, or several that stop in order.</summary>
    private async Task AloneAsync()
    {
        await StartAsync(_rank, "mpi");
        await PutOwnAsync(Lengths);
        for (var i = 0; i < Lengths.Length; i++)
            Require(await ReadAsync(_rank, i, Lengths[i]) == TierKind.Shm, "the own block is not in memory");
        await MeetAsync("read");
        await FinishAsync();
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
