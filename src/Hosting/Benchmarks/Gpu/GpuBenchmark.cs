using System.Globalization;
using System.Runtime.InteropServices;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Hosting.Cli;
using Cascade.Tiers.Gpu;

namespace Cascade.Hosting.Benchmarks.Gpu;

/// <summary>Measures the tier of device memory of a started node through its embedding interface, beside the driver's bare copies.</summary>
/// <param name="cache">The node's cache, with nothing else to do.</param>
/// <param name="slab">Its memory of the one device that it has memory of.</param>
/// <param name="takeRoom">Asks the node's tier of shared memory for room. Any thread.</param>
/// <param name="plan">How much to move.</param>
/// <param name="time">What the time is taken from.</param>
internal sealed class GpuBenchmark(ICascade cache, GpuSlab slab, RoomTaker takeRoom, GpuBenchmarkPlan plan, TimeProvider time) : IDisposable
{
    private readonly GpuScratch _raw = GpuScratch.Open(slab.Device.Ordinal, plan.BlockBytes, plan.Blocks, plan.InFlight, time);
    private readonly CacheNamespace _keys = new("bench/gpu");
    private readonly List<double> _rawToDevice = [], _rawToHost = [], _put = [], _get = [], _deviceHash = [], _cpuHash = [];
    private ulong _nextBlock;

    private long RoundBytes => (long)plan.Blocks * plan.BlockBytes;

    /// <summary>Runs all rounds; tells after each.</summary>
    /// <exception cref="CliException">The node does not do what is to be measured, or gave other bytes than were put.</exception>
    public async Task<GpuBenchmarkResult> RunAsync(IProgress<(long Done, long Total)>? progress, CancellationToken cancellationToken)
    {
        FillSource();
        for (var round = -GpuBenchmarkPlan.WarmUpRounds; round < plan.Rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Note(_rawToDevice, round, await Task.Run(_raw.CopyToDevice, cancellationToken) / 1e9);
            Note(_rawToHost, round, await Task.Run(_raw.CopyToHost, cancellationToken) / 1e9);
            await HashAsync(round);
            var keys = MakeNewBlocks();
            await MoveAsync(keys, round, cancellationToken);
            foreach (var key in keys)
                await cache.DeleteAsync(key, cancellationToken);
            progress?.Report((Math.Max(0, round + 1), plan.Rounds));
        }

        var (p50, allocated) = await LeaseAsync(cancellationToken);
        return new GpuBenchmarkResult(
            slab.Device.Name, plan.BlockBytes, plan.InFlight, plan.HashBytes, Median(_rawToDevice), Median(_rawToHost), Median(_put), Median(_get),
            _deviceHash.Count > 0 ? Median(_deviceHash) : null, Median(_cpuHash), Math.Round(p50, 3), allocated)
        {
            DeviceHashTrouble = slab.DigestTrouble,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _raw.Dispose();

    /// <summary>Blocks up to the device, and, once they are nowhere else, down again.</summary>
    private async Task MoveAsync(CacheKey[] keys, int round, CancellationToken cancellationToken)
    {
        await PutAsync(keys, cancellationToken);
        var leases = new GetResult[keys.Length];
        Note(_put, round, await TimeAsync(GpuCopyKind.ToDevice, async i =>
        {
            using var result = await cache.GetAsync(keys[i], Tier.Gpu, options: null, cancellationToken);
            if (!result.IsHit)
                throw Unmeasurable($"a block did not come to the device: {result.MissReason ?? "it was given up"}");
        }));
        await PressAsync(cancellationToken);
        try
        {
            Note(_get, round, await TimeAsync(GpuCopyKind.ToHost, async i =>
            {
                leases[i] = await cache.GetAsync(keys[i], options: null, cancellationToken);
                if (!leases[i].IsHit)
                    throw Unmeasurable($"a block did not come back from the device: {leases[i].MissReason ?? "it was given up"}");
            }));
            for (var i = 0; i < leases.Length; i++)
                Compare(i, leases[i]);
        }
        finally
        {
            foreach (var lease in leases)
                lease.Dispose();
        }
    }

    /// <summary>Does something for every block, so many at a time, and sees that the device copied them all. Gives 10^9 bytes per second.</summary>
    private async Task<double> TimeAsync(GpuCopyKind kind, Func<int, Task> move)
    {
        var before = Copied(kind);
        var next = -1;
        var start = time.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, plan.InFlight).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < plan.Blocks;)
                await move(i);
        })));
        var elapsed = time.GetElapsedTime(start);
        var moved = Copied(kind) - before;
        return moved == RoundBytes
            ? RoundBytes / elapsed.TotalNanoseconds
            : throw Unmeasurable($"of {RoundBytes} bytes the device copied {moved} ({kind}): give both tiers more memory than {plan.Blocks} blocks need");
    }

    private long Copied(GpuCopyKind kind)
    {
        var (direct, staged) = slab.CopiedBytes(kind);
        return direct + staged;
    }

    /// <summary>Has shared memory give up all its blocks, by asking for the room that they take.</summary>
    private async Task PressAsync(CancellationToken cancellationToken)
    {
        var taken = new List<Action>();
        try
        {
            while ((await cache.StatAsync(cancellationToken)).Tiers.First(static tier => tier.Tier == TierKind.Shm).Blocks > 0)
                taken.Add(await takeRoom(plan.BlockBytes, cancellationToken));
        }
        finally
        {
            foreach (var giveBack in taken)
                giveBack();
        }
    }

    private async Task HashAsync(int round)
    {
        var expected = new byte[BlockId.SizeBytes];
        Note(_cpuHash, round, await Task.Run(() => Gbps(() => Blake3.Hash(Source(0, plan.HashBytes), expected))));
        if (slab.DigestTrouble is not null)
            return;
        var digest = GC.AllocateUninitializedArray<byte>(BlockId.SizeBytes, pinned: true);
        var copy = new GpuCopy(GpuCopyKind.Digest, _raw.DevicePointer, Marshal.UnsafeAddrOfPinnedArrayElement(digest, 0), plan.HashBytes);
        var start = time.GetTimestamp();
        var result = await slab.CopyAsync(copy);
        var elapsed = time.GetElapsedTime(start);
        if (result is not { Succeeded: true })
            throw Unmeasurable($"the device did not hash: {result?.Failure?.Message ?? "it is busy"}");
        if (!digest.AsSpan().SequenceEqual(expected))
            throw Unmeasurable($"the device gives another digest of {plan.HashBytes} bytes than the processor");
        Note(_deviceHash, round, plan.HashBytes / elapsed.TotalNanoseconds);
    }

    private double Gbps(Action hash)
    {
        var start = time.GetTimestamp();
        hash();
        return plan.HashBytes / time.GetElapsedTime(start).TotalNanoseconds;
    }

    private async Task PutAsync(CacheKey[] keys, CancellationToken cancellationToken)
    {
        for (var i = 0; i < keys.Length; i++)
        {
            var result = await cache.PutAsync(keys[i], new NativeBytes(AddressOf(i), plan.BlockBytes), null, cancellationToken);
            if (result.Status != PutStatus.Stored)
                throw Unmeasurable($"a put of the benchmark ended as {result.Status}: {result.Reason}");
        }
    }

    private async Task<(double P50Us, double AllocatedBytes)> LeaseAsync(CancellationToken cancellationToken)
    {
        var keys = MakeNewBlocks()[..1];
        await PutAsync(keys, cancellationToken);
        (await cache.GetAsync(keys[0], Tier.Gpu, options: null, cancellationToken)).Dispose();
        var ticks = new long[plan.Leases];
        TimeLeases(keys[0], ticks);
        var before = GC.GetAllocatedBytesForCurrentThread();
        TimeLeases(keys[0], ticks);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Array.Sort(ticks);
        return (time.GetElapsedTime(0, ticks[ticks.Length / 2]).TotalMicroseconds, (double)allocated / ticks.Length);
    }

    private void TimeLeases(CacheKey key, long[] ticks)
    {
        for (var i = 0; i < ticks.Length; i++)
        {
            var started = time.GetTimestamp();
            var pending = cache.GetAsync(key, Tier.Gpu);
            if (!pending.IsCompletedSuccessfully)
                throw Unmeasurable($"a block on the device was not leased at once");
            pending.Result.Dispose();
            ticks[i] = time.GetTimestamp() - started;
        }
    }

    private unsafe void FillSource()
    {
        for (nint at = 0; at < _raw.LengthBytes; at += sizeof(ulong))
            *(ulong*)(_raw.HostPointer + at) = ((ulong)at * 0x9E3779B97F4A7C15UL) ^ ((ulong)at >> 7);
    }

    /// <summary>Changes the head of every source block, so that all of them are new to the cache.</summary>
    private unsafe CacheKey[] MakeNewBlocks()
    {
        var keys = new CacheKey[plan.Blocks];
        for (var i = 0; i < keys.Length; i++)
        {
            var number = ++_nextBlock;
            *(ulong*)AddressOf(i) = number;
            keys[i] = _keys.Key(new ReadOnlySpan<byte>(&number, sizeof(ulong)));
        }

        return keys;
    }

    private void Compare(int block, in GetResult result)
    {
        if (!result.Lease.Span.SequenceEqual(Source(block, plan.BlockBytes)))
            throw new CliException(ExitCode.Failed, "a block that came back from the device is not what was put");
    }

    private unsafe ReadOnlySpan<byte> Source(int block, int lengthBytes) => new((void*)AddressOf(block), lengthBytes);

    private nint AddressOf(int block) => _raw.HostPointer + ((nint)block * plan.BlockBytes);

    private static void Note(List<double> figures, int round, double figure)
    {
        if (round >= 0)
            figures.Add(figure);
    }

    private static double Median(List<double> figures)
    {
        figures.Sort();
        return Math.Round(figures[figures.Count / 2], 3);
    }

    private static CliException Unmeasurable(FormattableString what) => new(ExitCode.Failed, what.ToString(CultureInfo.InvariantCulture));
}
