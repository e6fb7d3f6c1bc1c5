using Cascade.Core.Allocation;

namespace Cascade.Core.Tests.Allocation;

/// <summary>What a slab allocator must be, told by a plain list of allocated ranges; in granules.</summary>
internal sealed class SlabModel(long granules)
{
    private readonly SortedList<long, long> _allocated = [];

    public int Count => _allocated.Count;

    public (long First, long Length) At(int index) => (_allocated.GetKeyAtIndex(index), _allocated.GetValueAtIndex(index));

    public bool BeginsAt(long first) => _allocated.ContainsKey(first);

    public bool IsFree(long first, long length) =>
        FreeRanges().Any(range => range.First <= first && first + length <= range.First + range.Length);

    public void Add(long first, long length)
    {
        if (!IsFree(first, length))
            throw new InvalidOperationException($"Granules {first} to {first + length - 1} were handed out and are not free.");
        _allocated.Add(first, length);
    }

    public void Remove(long first) => _allocated.Remove(first);

    public List<(long First, long Length)> FreeRanges()
    {
        var ranges = new List<(long First, long Length)>();
        var end = 0L;
        foreach (var (first, length) in _allocated)
        {
            if (first > end)
                ranges.Add((end, first - end));
            end = first + length;
        }

        if (end < granules)
            ranges.Add((end, granules - end));
        return ranges;
    }

    /// <summary>Compares all that the allocator tells about itself.</summary>
    public void MustEqual(SlabAllocator slab)
    {
        slab.CheckConsistency();
        var free = FreeRanges();
        Same(_allocated.Values.Sum() * SlabAllocator.GranuleBytes, slab.AllocatedBytes, "allocated bytes");
        Same(free.Sum(range => range.Length) * SlabAllocator.GranuleBytes, slab.FreeBytes, "free bytes");
        Same(_allocated.Count, slab.AllocationCount, "allocations");
        Same(free.Count, slab.FreeRangeCount, "free ranges");
        var longest = free.Select(range => range.Length).DefaultIfEmpty(0).Max();
        Same(longest * SlabAllocator.GranuleBytes, slab.LargestFreeBytes, "largest free bytes");
        foreach (var (first, length) in _allocated)
            Same(length * SlabAllocator.GranuleBytes, slab.LengthOf(first * SlabAllocator.GranuleBytes), $"length at {first}");
    }

    private static void Same(long expected, long actual, string what)
    {
        if (expected != actual)
            throw new InvalidOperationException($"{what}: the model says {expected}, the allocator {actual}.");
    }
}
