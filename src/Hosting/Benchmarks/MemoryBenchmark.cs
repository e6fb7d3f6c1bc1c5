using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;

namespace Cascade.Hosting.Benchmarks;

/// <summary>Speeds of the memory path, each beside its yardstick, medians over rounds of one run.</summary>
/// <param name="MemcpyGbps">One thread's copy of the same blocks between plain buffers, in 10^9 bytes per second.</param>
/// <param name="Sha256Gbps">The framework's SHA-256 on one thread.</param>
/// <param name="HashGbps">BLAKE3 on one thread.</param>
/// <param name="PutGbps">Puts of new blocks: hash, copy, owner and key bound.</param>
/// <param name="GetCopyGbps">Gets by copy.</param>
/// <param name="GetLeaseP50Us">Median time of a get by lease and its disposal, in microseconds.</param>
/// <param name="GetLeaseAllocatedBytes">Managed bytes that a get by lease and its disposal allocate.</param>
internal sealed record MemoryBenchmarkResult(
    double MemcpyGbps,
    double Sha256Gbps,
    double HashGbps,
    double PutGbps,
    double GetCopyGbps,
    double GetLeaseP50Us,
    double GetLeaseAllocatedBytes);

/// <summary>Measures a started node through its embedding interface.</summary>
internal sealed class MemoryBenchmark(ICascade cache, int blockBytes, int blocksPerRound, int rounds) : IDisposable
{
    private const int LeaseRuns = 200_000;

    private readonly nint _source = Prefaulted((nuint)blockBytes * (nuint)blocksPerRound);
    private readonly nint _copy = Prefaulted((nuint)blockBytes * (nuint)blocksPerRound);
    private readonly byte[] _destination = GC.AllocateArray<byte>(blockBytes, pinned: true);
    private readonly CacheNamespace _keys = new("bench/memory");
    private ulong _nextBlock;

    /// <summary>Runs all rounds; tells after each.</summary>
    public async Task<MemoryBenchmarkResult> RunAsync(IProgress<(long Done, long Total)>? progress, CancellationToken cancellationToken)
    {
        var memcpy = new List<double>();
        var sha256 = new List<double>();
        var hash = new List<double>();
        var put = new List<double>();
        var get = new List<double>();
        for (var round = -1; round < rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var keep = round >= 0; // The first round only warms code and memory up.
            Note(memcpy, keep, Gbps(blocksPerRound, Memcpy));
            Note(sha256, keep, Gbps(1, Sha256));
            Note(hash, keep, Gbps(blocksPerRound, Hash));
            var keys = MakeNewBlocks();
            Note(put, keep, await PutAsync(keys, cancellationToken));
            Note(get, keep, await GetAsync(keys, cancellationToken));
            progress?.Report((round + 1, rounds));
        }

        var (p50, allocated) = await LeaseAsync(cancellationToken);
        return new MemoryBenchmarkResult(
            Median(memcpy), Median(sha256), Median(hash), Median(put), Median(get), p50, allocated);
    }

    /// <inheritdoc/>
    public unsafe void Dispose()
    {
        NativeMemory.AlignedFree((void*)_source);
        NativeMemory.AlignedFree((void*)_copy);
    }

    private static void Note(List<double> figures, bool keep, double figure)
    {
        if (keep)
            figures.Add(figure);
    }

    private static double Median(List<double> figures)
    {
        figures.Sort();
        return figures[figures.Count / 2];
    }

    private double Gbps(int blocks, Action<int> step)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < blocks; i++)
            step(i);
        return (double)blocks * blockBytes / Stopwatch.GetElapsedTime(started).TotalNanoseconds;
    }

    private nint OffsetOf(int i) => (nint)i * blockBytes;

    private unsafe ReadOnlySpan<byte> SourceOf(int i) => new((void*)(_source + OffsetOf(i)), blockBytes);

    private unsafe void Memcpy(int i) =>
        NativeMemory.Copy((void*)(_source + OffsetOf(i)), (void*)(_copy + OffsetOf(i)), (nuint)blockBytes);

    private void Sha256(int i)
    {
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(SourceOf(i), digest);
    }

    private void Hash(int i)
    {
        Span<byte> digest = stackalloc byte[32];
        Blake3.Hash(SourceOf(i), digest);
    }

    /// <summary>Changes the head of every source block, so that all of them are new to the cache.</summary>
    private unsafe CacheKey[] MakeNewBlocks()
    {
        var keys = new CacheKey[blocksPerRound];
        for (var i = 0; i < keys.Length; i++)
        {
            var number = ++_nextBlock;
            *(ulong*)(_source + OffsetOf(i)) = number;
            keys[i] = _keys.Key(new ReadOnlySpan<byte>(&number, sizeof(ulong)));
        }

        return keys;
    }

    private async Task<double> PutAsync(CacheKey[] keys, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < keys.Length; i++)
        {
            var result = await cache.PutAsync(keys[i], new NativeBytes(_source + OffsetOf(i), blockBytes), null, cancellationToken);
            if (result.Status != PutStatus.Stored)
                throw new InvalidOperationException($"A put of the benchmark ended as {result.Status}: {result.Reason}");
        }

        return (double)keys.Length * blockBytes / Stopwatch.GetElapsedTime(started).TotalNanoseconds;
    }

    private async Task<double> GetAsync(CacheKey[] keys, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var key in keys)
        {
            if (!(await cache.GetIntoAsync(key, _destination, null, cancellationToken)).IsHit)
                throw new InvalidOperationException("A block of the benchmark was evicted: give it more memory (--set cascade.tiers.shm.capacity=...).");
        }

        return (double)keys.Length * blockBytes / Stopwatch.GetElapsedTime(started).TotalNanoseconds;
    }

    private async Task<(double P50Us, double AllocatedBytes)> LeaseAsync(CancellationToken cancellationToken)
    {
        var keys = MakeNewBlocks();
        await PutAsync(keys, cancellationToken);
        var ticks = new long[LeaseRuns];
        TimeLeases(keys[0], ticks);
        var allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        TimeLeases(keys[0], ticks);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        Array.Sort(ticks);
        return (Stopwatch.GetElapsedTime(0, ticks[LeaseRuns / 2]).TotalMicroseconds, (double)allocated / LeaseRuns);
    }

    private void TimeLeases(CacheKey key, long[] ticks)
    {
        for (var i = 0; i < ticks.Length; i++)
        {
            var started = Stopwatch.GetTimestamp();
            var pending = cache.GetAsync(key);
            if (!pending.IsCompletedSuccessfully)
                throw new InvalidOperationException("A local hit was not answered at once.");
            using (var result = pending.Result)
            {
                if (!result.IsHit)
                    throw new InvalidOperationException("A block of the benchmark was evicted.");
            }

            ticks[i] = Stopwatch.GetTimestamp() - started;
        }
    }

    private static unsafe nint Prefaulted(nuint bytes)
    {
        var address = (byte*)NativeMemory.AlignedAlloc(bytes, 4096);
        for (nuint at = 0; at < bytes; at += 8)
            *(ulong*)(address + at) = (at * 0x9E3779B97F4A7C15UL) ^ (at >> 7);
        return (nint)address;
    }
}
