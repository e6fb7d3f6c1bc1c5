using System.Globalization;
using Cascade.Core.Clocks;
using Cascade.Core.Fabric;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Tiers.Mpi;
using Cascade.Tiers.Shm;

namespace Cascade.Ranks;

/// <summary>
/// A rank with an arena, whose blocks follow from its number: all ranks put blocks of the same lengths in the same order, so each knows where they lie at the others.
/// </summary>
internal sealed partial class Part : IDisposable
{
    private const uint FirstNode = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly List<CopyLocation> _copies = [];
    private ShmArena? _arena;
    private MpiFabric? _fabric;

    public Part(string folder) => _folder = folder;

    private MpiFabric Fabric => _fabric!;

    private ShmArena Arena => _arena!;

    /// <summary>Plays a scenario to its end.</summary>
    public void Play(string scenario)
    {
        switch (scenario)
        {
            case "pairs": Pairs(); break;
            case "beside": Beside(); break;
            case "stale": Stale(); break;
            case "churn": Churn(); break;
            case "kill": Kill(); break;
            case "stop": Stop(); break;
            case "idle": Idle(); break;
            case "null": Null(); break;
            case "bare": Bare(); break;
            case "leave": Leave(); break;
            default: throw new ArgumentException($"There is no scenario {scenario}.");
        }
    }

    public void Dispose()
    {
        _fabric?.Dispose();
        _arena?.Dispose();
        _arena?.Remove();
    }

    /// <summary>Opens the arena, puts the blocks and starts MPI.</summary>
    private void Start(ReadOnlySpan<int> lengths, Func<MpiOptions, MpiOptions>? change = null)
    {
        // What a rank is called is known before MPI says its number; the tests' starter gives it.
        var number = uint.Parse(Environment.GetEnvironmentVariable("PMI_RANK") ?? "0", CultureInfo.InvariantCulture);
        var capacity = 4L << 20;
        foreach (var length in lengths)
            capacity += (length + 4095) / 4096 * 4096;
        var options = new ShmArenaOptions
        {
            ClusterName = "ranks",
            Node = new NodeId(FirstNode + number),
            CapacityBytes = capacity,
            SlotCount = 256 + (int)number,
            Directory = _folder,
        };
        _arena = ShmArena.Open(options, TimeProvider.System);
        for (var i = 0; i < lengths.Length; i++)
            _copies.Add(Put(Content.Of((int)number, i, lengths[i])));
        var mpi = new MpiOptions { ClusterName = "ranks", Node = options.Node, OnTrouble = Console.Error.WriteLine };
        _fabric = MpiFabric.Start(change is null ? mpi : change(mpi), _arena, TimeProvider.System);
        Require(Fabric.Rank == number, $"MPI calls rank {number} {Fabric.Rank}");
        File.WriteAllText(Path.Combine(_folder, $"pid-{number}"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
    }

    private CopyLocation Put(byte[] bytes)
    {
        Require(Arena.TryReserve(bytes.Length, out var reservation), "the arena is full");
        bytes.CopyTo(Arena.Fill(reservation, 0, bytes.Length));
        return Arena.Publish(reservation, BlockDigest.Compute(DigestAlgorithm.Blake3, bytes), new KeyBinding(default, default, 0, new HybridTimestamp(1)));
    }

    /// <summary>Where a rank's block lies.</summary>
    private CopyLocation CopyAt(int rank, int block) => _copies[block] with { Node = NodeOf(rank) };

    private static NodeId NodeOf(int rank) => new(FirstNode + (uint)rank);

    /// <summary>Pulls, and waits for the result.</summary>
    private PullResult Pull(in CopyLocation copy, Landing landing, TimeSpan? timeout = null, bool withDigest = false, long skip = 0) =>
        Fabric.PullAsync(new PullRequest(copy, skip, landing.Target, timeout ?? Patience, withDigest)).GetAwaiter().GetResult();

    /// <summary>Pulls a block, and fails unless it comes with exactly its bytes.</summary>
    private void PullWhole(int rank, int block, bool withDigest)
    {
        var copy = CopyAt(rank, block);
        using var landing = new Landing((int)copy.LengthBytes);
        var result = Pull(copy, landing, withDigest: withDigest);
        Require(result.Outcome == PullOutcome.Done, $"block {block} of rank {rank}: {result}");
        var expected = Content.Of(rank, block, (int)copy.LengthBytes);
        landing.Require(expected);
        Require(!withDigest || result.Digest == BlockDigest.Compute(DigestAlgorithm.Blake3, expected), $"block {block} of rank {rank} came with the digest {result.Digest}");
    }

    /// <summary>Says to the others, and to the test, that something has come about.</summary>
    private void Tell(string what) => File.WriteAllText(Path.Combine(_folder, what), "");

    /// <summary>Waits until somebody has said so.</summary>
    private void Await(string what) => Until(() => File.Exists(Path.Combine(_folder, what)), what);

    /// <summary>Waits until some ranks have come to this line.</summary>
    private void Meet(string where, params int[] ranks)
    {
        Tell($"{where}-{Fabric.Rank}");
        foreach (var rank in ranks.Length > 0 ? ranks : Enumerable.Range(0, Fabric.Size))
            Await($"{where}-{rank}");
    }

    private static void Until(Func<bool> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Require(TimeProvider.System.GetElapsedTime(start) < Patience, $"waited in vain for {what}");
            Thread.Sleep(5);
        }
    }

    private void Finish(TimeSpan? within = null)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rank {Fabric.Rank} ok"));
        var end = Fabric.Stop(within ?? Patience);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rank {Fabric.Rank} {end}"));
    }

    private static void Figure(string name, double value) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {value:0.###}"));

    private static void Require(bool condition, string complaint)
    {
        if (!condition)
            throw new InvalidOperationException(complaint);
    }
}
