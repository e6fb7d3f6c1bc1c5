using System.Diagnostics;
using Cascade.Actors;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Hosting.Node;
using Cascade.Tiers.Mpi;

namespace Cascade.Hosting.Benchmarks.Ranks;

/// <summary>The blocks of a benchmark at one of its ranks: put by the holder, read by the others, each byte known to all.</summary>
internal sealed class RankReads
{
    private const int BigSeed = 1 << 20;
    private const int HotSeed = 2 << 20;
    private const int SmallSeed = 3 << 20;
    private static readonly TimeSpan PromotionPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);

    private readonly CascadeNode _node;
    private readonly RankPlan _plan;
    private readonly CacheNamespace _keys = new("bench");
    private readonly byte[][] _sources;
    private readonly byte[][] _small;
    private readonly byte[] _big;
    private readonly byte[] _hot;
    private readonly byte[] _target;
    private long _wrongBytes;

    /// <summary>Makes the bytes of all blocks.</summary>
    public RankReads(CascadeNode node, RankPlan plan)
    {
        (_node, _plan) = (node, plan);
        _sources = [.. Enumerable.Range(0, plan.IsOfPromotion ? 0 : plan.Blocks).Select(seed => Bytes(seed, plan.BlockBytes))];
        _small = [.. Enumerable.Range(0, plan.IsOfPromotion ? 0 : plan.SmallBlocks).Select(seed => Bytes(SmallSeed + seed, plan.SmallBytes))];
        _big = plan.IsOfPromotion ? [] : Bytes(BigSeed, plan.BigBytes);
        _hot = Bytes(HotSeed, plan.BlockBytes);
        _target = GC.AllocateArray<byte>(plan.BlockBytes, pinned: true);
    }

    /// <summary>Bytes that came and were others than those that were put.</summary>
    public long WrongBytes => Volatile.Read(ref _wrongBytes);

    /// <summary>Puts all blocks at this rank.</summary>
    public async Task StoreAsync(CancellationToken cancellation)
    {
        for (var i = 0; i < _sources.Length; i++)
            await PutAsync(i, _sources[i], cancellation);
        for (var i = 0; i < _small.Length; i++)
            await PutAsync(SmallSeed + i, _small[i], cancellation);
        if (_big.Length > 0)
            await PutAsync(BigSeed, _big, cancellation);
        await PutAsync(HotSeed, _hot, cancellation);
    }

    /// <summary>Measures what one reader does, small gets among them; the rest of the result is left open.</summary>
    public async Task<MpiBenchmarkResult> MeasureAsync(CancellationToken cancellation)
    {
        var (raws, gets, firsts) = (new List<double>(), new List<double>(), new List<double>());
        var copies = new CopyLocation[_sources.Length];
        for (var round = -_plan.WarmUpRounds; round < _plan.Rounds; round++)
        {
            // Yardstick and gets by turns, each looked at afterwards, so that both meet the same machine.
            for (var i = 0; i < _sources.Length; i++)
            {
                var time = await GetAsync(i, _sources[i], cancellation);
                (round == -_plan.WarmUpRounds ? firsts : gets).Add(time.TotalMicroseconds);
            }

            for (var i = 0; i < _sources.Length; i++)
            {
                if (round == -_plan.WarmUpRounds)
                    copies[i] = await LocateAsync(i, cancellation);
                raws.Add(Raw(copies[i], _sources[i]).TotalMicroseconds);
            }

            if (round < 0)
            {
                raws.Clear();
                gets.Clear();
            }
        }

        var (idle, beside, besideGbps) = await MeasureSmallAsync(cancellation);
        return new MpiBenchmarkResult(
            "mpi", _plan.BlockBytes, Gbps(Median(raws)), Gbps(Median(gets)), Median(gets), Median(firsts), idle, beside, besideGbps, 0, 0, 0, false, 0, 0, 0);
    }

    /// <summary>Reads the hot block as often as is planned: the holder by copying it, others by lease on memory of their own.</summary>
    public async Task<BenchRank.Stretch> ReadHotAsync(bool isHolder, CancellationToken cancellation)
    {
        var from = Stopwatch.GetTimestamp();
        for (var i = 0; i < _plan.HotReads; i++)
        {
            if (!isHolder)
                await GetAsync(HotSeed, null, cancellation);
            else if (!(await _node.Cache.GetIntoAsync(KeyOf(HotSeed), _target, null, cancellation)).IsHit)
                throw new InvalidOperationException("The holder has lost the hot block.");
        }

        var span = new BenchRank.Stretch(from, Stopwatch.GetTimestamp());
        if (isHolder)
            Compare(_target, _hot);
        else
            await GetAsync(HotSeed, _hot, cancellation);
        return span;
    }

    /// <summary>Reads a block three times; true when it is in this rank's own memory then, and is read there.</summary>
    public async Task<bool> PromoteAsync(CancellationToken cancellation)
    {
        BlockId id = default;
        for (var i = 0; i < 3; i++)
        {
            using var got = await _node.Cache.GetAsync(KeyOf(HotSeed), null, cancellation);
            RequireRemote(got);
            Compare(got.Lease.Span, _hot);
            id = got.Lease.Id;
        }

        var started = Stopwatch.GetTimestamp();
        while (!_node.Parts.Cache.Inventory.Holds(id))
        {
            if (Stopwatch.GetElapsedTime(started) > PromotionPatience)
                return false;
            await Task.Delay(LookEvery, cancellation);
        }

        using var here = await _node.Cache.GetAsync(KeyOf(HotSeed), null, cancellation);
        Compare(here.IsHit ? here.Lease.Span : [], _hot);
        return here is { IsHit: true, Holder: null, Lease.Tier: TierKind.Shm };
    }

    private async Task<(double IdleUs, double BesideUs, double BesideGbps)> MeasureSmallAsync(CancellationToken cancellation)
    {
        var next = 0;
        await SmallGetsAsync(_plan.SmallWarmUpGets);
        var idle = await SmallGetsAsync(_plan.SmallGets);
        await GetAsync(BigSeed, _big, cancellation);
        using var enough = new CancellationTokenSource();
        var (bigBytes, started) = (0L, Stopwatch.GetTimestamp());
        var big = Task.Run(
            async () =>
            {
                for (; !enough.IsCancellationRequested; bigBytes += _big.Length)
                    await GetAsync(BigSeed, null, cancellation);
            },
            cancellation);
        double beside;
        try
        {
            await SmallGetsAsync(_plan.SmallGets / 10);
            beside = await SmallGetsAsync(_plan.SmallGets);
        }
        finally
        {
            await enough.CancelAsync();
            await big;
        }

        var besideGbps = bigBytes / Stopwatch.GetElapsedTime(started).TotalSeconds / 1e9;
        await GetAsync(BigSeed, _big, cancellation);
        return (idle, beside, besideGbps);

        async Task<double> SmallGetsAsync(int count)
        {
            var times = new List<double>(count);
            for (var i = 0; i < count; i++, next++)
                times.Add((await GetAsync(SmallSeed + (next % _small.Length), _small[next % _small.Length], cancellation)).TotalMicroseconds);
            return Median(times);
        }
    }

    /// <summary>One get of what another rank holds. What came is looked at after the time was taken; its id was by the reader, in the time.</summary>
    private async Task<TimeSpan> GetAsync(int seed, byte[]? expected, CancellationToken cancellation)
    {
        var key = KeyOf(seed);
        var start = Stopwatch.GetTimestamp();
        using var got = await _node.Cache.GetAsync(key, null, cancellation);
        var time = Stopwatch.GetElapsedTime(start);
        RequireRemote(got);
        if (expected is not null)
            Compare(got.Lease.Span, expected);
        return time;
    }

    private unsafe TimeSpan Raw(in CopyLocation copy, byte[] expected)
    {
        var mpi = _node.Parts.Options.Mpi;
        var start = Stopwatch.GetTimestamp();
        fixed (byte* to = _target)
            MpiBareRead.Read(_node.Parts.Fabric.Mpi!, copy, (nint)to, mpi.PieceBytes, mpi.PiecesInFlight);
        var time = Stopwatch.GetElapsedTime(start);
        Compare(_target, expected);
        _target.AsSpan().Clear();
        return time;
    }

    private async Task<CopyLocation> LocateAsync(int seed, CancellationToken cancellation)
    {
        using var got = await _node.Cache.GetAsync(KeyOf(seed), null, cancellation);
        var locate = new Locate(got.Lease.Id, _node.Parts.Cache.Self, TimeSpan.FromSeconds(1));
        return await _node.Actors.Owners.Ask<object>(locate, PromotionPatience, cancellation) is Located { Copy.Node.Value: RankPlan.Holder } located
            ? located.Copy
            : throw new InvalidOperationException("A block is not where it was put.");
    }

    private async Task PutAsync(int seed, byte[] bytes, CancellationToken cancellation)
    {
        var put = await _node.Cache.PutAsync(KeyOf(seed), bytes, null, cancellation);
        if (put.Status != PutStatus.Stored)
            throw new InvalidOperationException($"A block could not be put: {put.Status} {put.Reason}");
    }

    private static void RequireRemote(in GetResult got)
    {
        if (!got.IsHit)
            throw new InvalidOperationException($"A block could not be read: {got.MissReason ?? "it was not found"}");
        if (got.Holder?.Value != RankPlan.Holder || got.Lease.Tier != TierKind.Remote)
            throw new InvalidOperationException($"A block was read in the tier {got.Lease.Tier} of {got.Holder}, not of the rank that holds it.");
    }

    private void Compare(ReadOnlySpan<byte> got, ReadOnlySpan<byte> expected)
    {
        if (got.SequenceEqual(expected))
            return;
        var wrong = (long)Math.Abs(got.Length - expected.Length);
        for (var i = 0; i < Math.Min(got.Length, expected.Length); i++)
            wrong += got[i] != expected[i] ? 1 : 0;
        Interlocked.Add(ref _wrongBytes, wrong);
    }

    private CacheKey KeyOf(int seed) => _keys.Key(BitConverter.GetBytes(seed));

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private double Gbps(double microseconds) => _plan.BlockBytes / microseconds / 1e3;

    private static double Median(List<double> figures)
    {
        var sorted = figures.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
