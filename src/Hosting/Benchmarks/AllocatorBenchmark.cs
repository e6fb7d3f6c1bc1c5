using System.Diagnostics;
using Cascade.Core.Allocation;

namespace Cascade.Hosting.Benchmarks;

/// <summary>What to put an allocator through.</summary>
/// <param name="CapacityBytes">Length of the slab; nothing of it is mapped.</param>
/// <param name="Operations">Allocations and frees in the measured churn.</param>
/// <param name="Occupancy">Share of the slab held allocated.</param>
/// <param name="MinBytes">The shortest length asked for.</param>
/// <param name="MaxBytes">The longest length asked for; lengths between are log-uniform.</param>
/// <param name="Seed">Seed of the sequence.</param>
internal sealed record AllocatorBenchmarkOptions(
    long CapacityBytes = 64L << 30,
    int Operations = 10_000_000,
    double Occupancy = 0.85,
    long MinBytes = 4096,
    long MaxBytes = 64L << 20,
    int Seed = 1);

/// <summary>What churn did to an allocator.</summary>
/// <param name="Operations">Allocations asked for and frees, in the measured churn.</param>
/// <param name="OperationsPerSecond">Over the whole churn, the drawing of lengths and victims included.</param>
/// <param name="MedianNanoseconds">Time of one operation: the median over batches, the drawing included.</param>
/// <param name="Allocations">Allocations asked for in the measured churn.</param>
/// <param name="Failed">Allocations refused.</param>
/// <param name="FailedThoughEnoughFree">Those of them that the free bytes together would have held: fragmentation.</param>
/// <param name="LiveRanges">Allocated ranges at the end of the churn.</param>
/// <param name="FreeRanges">Free ranges at the end of the churn.</param>
/// <param name="LargestFreeShare">The longest free range at the end of the churn, as a share of all free bytes.</param>
internal sealed record AllocatorBenchmarkResult(
    int Operations,
    double OperationsPerSecond,
    double MedianNanoseconds,
    long Allocations,
    long Failed,
    long FailedThoughEnoughFree,
    int LiveRanges,
    int FreeRanges,
    double LargestFreeShare);

/// <summary>Churns a slab allocator at a steady occupancy, then frees all and checks that nothing leaked.</summary>
internal static class AllocatorBenchmark
{
    private const int BatchOperations = 1024;

    /// <summary>Runs the whole benchmark on the calling thread.</summary>
    /// <exception cref="InvalidOperationException">Something leaked or the allocator's tables are corrupt.</exception>
    public static AllocatorBenchmarkResult Run(AllocatorBenchmarkOptions options)
    {
        using var slab = new SlabAllocator(options.CapacityBytes);
        var churn = new Churn(slab, options);
        while (churn.Step())
        {
        }

        churn.Asked = churn.Failed = churn.FailedThoughEnoughFree = 0;
        var batches = new double[Math.Max(1, options.Operations / BatchOperations)];
        var started = Stopwatch.GetTimestamp();
        for (var batch = 0; batch < batches.Length; batch++)
        {
            var batchStarted = Stopwatch.GetTimestamp();
            for (var i = 0; i < BatchOperations; i++)
                churn.Step();
            batches[batch] = Stopwatch.GetElapsedTime(batchStarted).TotalNanoseconds / BatchOperations;
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var operations = batches.Length * BatchOperations;
        Array.Sort(batches);
        var result = new AllocatorBenchmarkResult(
            operations,
            operations / seconds,
            batches[batches.Length / 2],
            churn.Asked,
            churn.Failed,
            churn.FailedThoughEnoughFree,
            slab.AllocationCount,
            slab.FreeRangeCount,
            (double)slab.LargestFreeBytes / slab.FreeBytes);
        slab.CheckConsistency();
        churn.FreeAll();
        slab.CheckConsistency();
        if ((slab.AllocatedBytes, slab.AllocationCount, slab.FreeRangeCount) != (0, 0, 1))
            throw new InvalidOperationException(
                $"After freeing all, {slab.AllocatedBytes} bytes are allocated, {slab.FreeRangeCount} ranges free: the allocator leaks.");
        return result;
    }

    /// <summary>Frees ranges drawn at random until the next length stays within the occupancy, then allocates it.</summary>
    /// <remarks>The length waits for room: were it drawn anew, short ones would crowd out long ones.</remarks>
    private sealed class Churn
    {
        private const int DrawnLengths = 1 << 16;

        private readonly SlabAllocator _slab;
        private readonly long _targetBytes;
        private readonly long[] _lengths = new long[DrawnLengths];
        private readonly long[] _live;
        private int _liveCount;
        private long _nextBytes;
        private ulong _state;

        public Churn(SlabAllocator slab, AllocatorBenchmarkOptions options)
        {
            _slab = slab;
            _targetBytes = (long)(options.CapacityBytes * options.Occupancy);
            _live = new long[options.CapacityBytes / SlabAllocator.GranuleBytes];
            _state = (ulong)options.Seed;
            var random = new Random(options.Seed);
            var octaves = Math.Log2((double)options.MaxBytes / options.MinBytes);
            for (var i = 0; i < DrawnLengths; i++)
                _lengths[i] = (long)(options.MinBytes * Math.Pow(2, octaves * random.NextDouble()));
            _nextBytes = _lengths[0];
        }

        public long Asked { get; set; }

        public long Failed { get; set; }

        public long FailedThoughEnoughFree { get; set; }

        /// <summary>One operation; false when it was a free.</summary>
        public bool Step()
        {
            if (_slab.AllocatedBytes + _nextBytes > _targetBytes && _liveCount > 0)
            {
                var victim = (int)((Next() >> 32) * (ulong)_liveCount >> 32);
                _slab.Free(_live[victim]);
                _live[victim] = _live[--_liveCount];
                return false;
            }

            var lengthBytes = _nextBytes;
            _nextBytes = _lengths[Next() % DrawnLengths];
            Asked++;
            if (_slab.TryAllocate(lengthBytes, out var offset))
            {
                _live[_liveCount++] = offset;
                return true;
            }

            Failed++;
            FailedThoughEnoughFree += _slab.FreeBytes >= lengthBytes ? 1 : 0;
            return true;
        }

        public void FreeAll()
        {
            while (_liveCount > 0)
                _slab.Free(_live[--_liveCount]);
        }

        /// <summary>SplitMix64: a step costs a nanosecond, little beside an allocation.</summary>
        private ulong Next()
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
