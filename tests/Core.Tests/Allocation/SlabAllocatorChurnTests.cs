using Cascade.Core.Allocation;

namespace Cascade.Core.Tests.Allocation;

public class SlabAllocatorChurnTests
{
    private const int Operations = 200_000;
    private const int Granules = 1 << 20;
    private const int MaxGranules = 1 << 10;

    [Theory]
    [InlineData(0.85, 31, 0)]
    [InlineData(0.85, 32, 0)]
    [InlineData(0.97, 33, Operations / 20)]
    public void Slab_churned_at_high_occupancy_neither_overlaps_nor_leaks_nor_refuses(double occupancy, int seed, int maxRefused)
    {
        var random = new Random(seed);
        using var slab = new SlabAllocator((long)Granules * SlabAllocator.GranuleBytes);
        var targetBytes = (long)(slab.CapacityBytes * occupancy);
        var taken = new bool[Granules];
        var live = new List<(long Offset, int Granules)>();
        var refused = 0;
        var wanted = 1;
        for (var operation = 0; operation < Operations; operation++)
        {
            if (slab.AllocatedBytes + ((long)wanted * SlabAllocator.GranuleBytes) > targetBytes)
            {
                var victim = random.Next(live.Count);
                slab.Free(live[victim].Offset);
                Range(taken, live[victim]).Clear();
                live[victim] = live[^1];
                live.RemoveAt(live.Count - 1);
                continue;
            }

            if (slab.TryAllocate((long)wanted * SlabAllocator.GranuleBytes, out var offset))
            {
                live.Add((offset, wanted));
                Assert.False(Range(taken, live[^1]).Contains(true), $"seed {seed}: operation {operation} got taken granules");
                Range(taken, live[^1]).Fill(true);
            }
            else
            {
                refused++;
            }

            wanted = (int)Math.Pow(2, random.NextDouble() * Math.Log2(MaxGranules));
            if (operation % 20_000 == 0)
                slab.CheckConsistency();
        }

        Assert.InRange(refused, 0, maxRefused);
        Assert.Equal(taken.Count(granule => granule) * (long)SlabAllocator.GranuleBytes, slab.AllocatedBytes);
        foreach (var (offset, _) in live)
            slab.Free(offset);
        slab.CheckConsistency();
        Assert.Equal(
            (0L, 0, 1, slab.CapacityBytes),
            (slab.AllocatedBytes, slab.AllocationCount, slab.FreeRangeCount, slab.LargestFreeBytes));
    }

    private static Span<bool> Range(bool[] taken, (long Offset, int Granules) range) =>
        taken.AsSpan((int)(range.Offset / SlabAllocator.GranuleBytes), range.Granules);
}
