using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using Cascade.Core.Fabric;

namespace Cascade.Ranks;

/// <summary>Scenarios in which all goes well.</summary>
internal sealed partial class Part
{
    private static readonly int[] Sizes =
        [1, 2, 191, 4095, 4096, 4097, 65_535, 256 << 10, (256 << 10) + 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (3 << 20) + 4711, 16 << 20];

    /// <summary>Every rank pulls every block of every rank, then parts of them, then by four threads at once.</summary>
    private void Pairs()
    {
        Start(Sizes);
        for (var rank = 0; rank < Fabric.Size; rank++)
        {
            for (var block = 0; block < Sizes.Length; block++)
                PullWhole(rank, block, withDigest: (block & 1) == 0);
        }

        Parts();
        var threads = Enumerable.Range(0, 4).Select(seed => new Thread(() => PullSome(seed))).ToArray();
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        Require(_failure is null, $"{_failure}");
        Require(Fabric.QuarantinedBytes == 0 && Fabric.PullsInFlight == 0, "something is left over");
        Finish();
    }

    private Exception? _failure;

    private void PullSome(int seed)
    {
        try
        {
            var random = new Random(seed + (Fabric.Rank * 100));
            for (var i = 0; i < 40; i++)
                PullWhole(random.Next(Fabric.Size), random.Next(Sizes.Length), withDigest: random.Next(2) == 0);
        }
        catch (Exception failure)
        {
            _failure = failure;
        }
    }

    private void Parts()
    {
        var random = new Random(Fabric.Rank);
        for (var i = 0; i < 30; i++)
        {
            var (rank, block) = (random.Next(Fabric.Size), Sizes.Length - 1 - random.Next(4));
            var skip = random.Next(Sizes[block] - 1);
            using var landing = new Landing(1 + random.Next(Sizes[block] - skip));
            var result = Pull(CopyAt(rank, block), landing, skip: skip);
            Require(result.Outcome == PullOutcome.Done, $"a part of block {block} of rank {rank}: {result}");
            landing.Require(Content.Of(rank, block, Sizes[block]).AsSpan(skip, landing.Bytes.Length));
        }
    }

    /// <summary>Rank 1 frees a block and replaces another; what was known of them is stale, and so is what never was.</summary>
    private void Stale()
    {
        Start([4096, 300_000, 2_000_000]);
        Meet("started");
        if (Fabric.Rank == 1)
        {
            for (var block = 0; block < 2; block++)
                Require(Arena.TryFree(_copies[block].Slot, _copies[block].Generation), "the block cannot be freed");
            Put(Content.Of(99, 1, 300_000));
            Tell("freed");
        }

        Await("freed");
        using var landing = new Landing(1000);
        Require(Pull(CopyAt(1, 0), landing).Outcome == PullOutcome.Stale, "a freed block is not stale");
        Require(Pull(CopyAt(1, 1), landing).Outcome == PullOutcome.Stale, "a replaced block is not stale");
        Require(Pull(CopyAt(1, 2) with { Generation = 77 }, landing).Outcome == PullOutcome.Stale, "an odd generation is not stale");
        Require(Pull(CopyAt(1, 2) with { OffsetBytes = 4096 }, landing).Outcome == PullOutcome.Stale, "another place is not stale");
        Require(Pull(CopyAt(1, 2) with { Slot = 1 << 20 }, landing).Outcome == PullOutcome.Stale, "a slot that is none is not stale");
        Require(Pull(CopyAt(1, 2) with { OffsetBytes = 1L << 40 }, landing).Outcome == PullOutcome.Stale, "a place outside is not stale");
        PullWhole(1, 2, withDigest: true);
        PullWhole(2, 0, withDigest: true);
        Finish();
    }

    /// <summary>Rank 1 replaces a block again and again while the others pull it: what comes as done is what lay there under that generation.</summary>
    private void Churn()
    {
        const int Length = 3_000_000;
        Start([4096]);
        using var board = MemoryMappedFile.CreateFromFile(Path.Combine(_folder, "generation"), FileMode.OpenOrCreate, null, 64);
        using var view = board.CreateViewAccessor();
        Meet("started");
        if (Fabric.Rank == 1)
        {
            for (var round = 0; !File.Exists(Path.Combine(_folder, "enough-0")) || !File.Exists(Path.Combine(_folder, "enough-2")); round++)
            {
                var copy = Put(Content.Of(500, round, Length));
                view.Write(8, copy.OffsetBytes);
                view.Write(16, copy.Slot);
                view.Write(20, round);
                Interlocked.MemoryBarrier();
                view.Write(0, copy.Generation);
                Thread.Sleep(round % 10);
                view.Write(0, 0u);
                Interlocked.MemoryBarrier();
                Require(Arena.TryFree(copy.Slot, copy.Generation), "the block cannot be freed");
            }
        }
        else
        {
            Follow(view, Length);
            Tell($"enough-{Fabric.Rank}");
        }

        Finish();
    }

    private void Follow(MemoryMappedViewAccessor view, int length)
    {
        var (done, stale) = (0, 0);
        using var landing = new Landing(length);
        var start = Stopwatch.StartNew();
        while ((done < 5 || stale < 5) && start.Elapsed < Patience)
        {
            var generation = view.ReadUInt32(0);
            var copy = CopyAt(1, 0) with { Generation = generation, OffsetBytes = view.ReadInt64(8), Slot = view.ReadUInt32(16), LengthBytes = length };
            var round = view.ReadInt32(20);
            Interlocked.MemoryBarrier();
            if (generation == 0 || view.ReadUInt32(0) != generation)
                continue;
            var result = Pull(copy, landing);
            Require(result.Outcome is PullOutcome.Done or PullOutcome.Stale, $"{result}");
            if (result.Outcome == PullOutcome.Done)
                landing.Require(Content.Of(500, round, length));
            _ = result.Outcome == PullOutcome.Done ? done++ : stale++;
        }

        Require(done >= 5 && stale >= 5, $"{done} pulls came and {stale} were stale: the test saw too little of one kind");
    }
}
