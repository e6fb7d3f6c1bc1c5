using Cascade.Core.Allocation;

namespace Cascade.Core.Tests.Allocation;

public class SlabAllocatorTests
{
    private const int Granule = SlabAllocator.GranuleBytes;

    [Theory]
    [InlineData(0)]
    [InlineData(-Granule)]
    [InlineData(Granule + 1)]
    [InlineData(SlabAllocator.MaxCapacityBytes + Granule)]
    [InlineData(long.MinValue)]
    public void Constructor_capacity_not_of_granules_throws(long capacityBytes) =>
        Assert.Throws<ArgumentException>(() => new SlabAllocator(capacityBytes));

    [Fact]
    public void Slab_new_is_one_free_range()
    {
        const long CapacityBytes = 10 * Granule;
        using var slab = new SlabAllocator(CapacityBytes);
        Assert.Equal((CapacityBytes, 0L, CapacityBytes), (slab.CapacityBytes, slab.AllocatedBytes, slab.FreeBytes));
        Assert.Equal((CapacityBytes, 0, 1), (slab.LargestFreeBytes, slab.AllocationCount, slab.FreeRangeCount));
        slab.CheckConsistency();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void TryAllocate_no_length_throws(long lengthBytes)
    {
        using var slab = new SlabAllocator(Granule);
        Assert.Throws<ArgumentOutOfRangeException>(() => slab.TryAllocate(lengthBytes, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => slab.TryReserve(0, lengthBytes));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(Granule, 1)]
    [InlineData(Granule + 1, 2)]
    [InlineData((64 * Granule) - 1, 64)]
    public void TryAllocate_any_length_rounds_up_to_granules(long lengthBytes, long granules)
    {
        using var slab = new SlabAllocator(100 * Granule);
        Assert.True(slab.TryAllocate(lengthBytes, out var offset));
        Assert.Equal(granules * Granule, slab.LengthOf(offset));
        Assert.Equal(granules * Granule, slab.AllocatedBytes);
    }

    [Theory]
    [InlineData((4 * Granule) + 1)]
    [InlineData(long.MaxValue)]
    public void TryAllocate_more_than_the_slab_is_refused(long lengthBytes)
    {
        using var slab = new SlabAllocator(4 * Granule);
        Assert.False(slab.TryAllocate(lengthBytes, out _));
        Assert.Equal(0, slab.AllocatedBytes);
    }

    [Fact]
    public void Slab_of_one_granule_serves_it_again_and_again()
    {
        using var slab = new SlabAllocator(Granule);
        for (var round = 0; round < 3; round++)
        {
            Assert.True(slab.TryAllocate(1, out var offset));
            Assert.Equal(0, offset);
            Assert.False(slab.TryAllocate(1, out _));
            Assert.Equal((0, 0L), (slab.FreeRangeCount, slab.LargestFreeBytes));
            slab.CheckConsistency();
            slab.Free(offset);
            slab.CheckConsistency();
        }
    }

    [Fact]
    public void Slab_full_of_single_granules_coalesces_to_one_range_in_any_order_of_frees()
    {
        const int Granules = 1000;
        using var slab = new SlabAllocator(Granules * Granule);
        var offsets = new long[Granules];
        for (var i = 0; i < Granules; i++)
            Assert.True(slab.TryAllocate(Granule, out offsets[i]));
        Assert.False(slab.TryAllocate(1, out _));
        Assert.Equal(Enumerable.Range(0, Granules).Select(i => (long)i * Granule), offsets.Order());

        new Random(7).Shuffle(offsets);
        foreach (var offset in offsets)
            slab.Free(offset);
        Assert.Equal(
            (0L, 0, 1, slab.CapacityBytes),
            (slab.AllocatedBytes, slab.AllocationCount, slab.FreeRangeCount, slab.LargestFreeBytes));
        slab.CheckConsistency();
    }

    [Fact]
    public void TryAllocate_takes_the_tightest_range()
    {
        using var slab = new SlabAllocator(1000 * Granule);
        Assert.True(slab.TryReserve(0, 10 * Granule));
        Assert.True(slab.TryReserve(15 * Granule, 10 * Granule));
        Assert.True(slab.TryReserve(28 * Granule, 10 * Granule));
        Assert.True(slab.TryAllocate(3 * Granule, out var offset));
        Assert.Equal(25 * Granule, offset);
        Assert.True(slab.TryAllocate(4 * Granule, out offset));
        Assert.Equal(10 * Granule, offset);
    }

    [Theory]
    [InlineData(515, 513)]
    [InlineData(513, 515)]
    public void TryAllocate_takes_the_tightest_range_of_one_class(int firstFree, int secondFree)
    {
        using var slab = new SlabAllocator((firstFree + 1 + secondFree) * Granule);
        Assert.True(slab.TryReserve(firstFree * Granule, Granule));
        Assert.True(slab.TryAllocate(512 * Granule, out var offset));
        Assert.Equal(firstFree < secondFree ? 0 : (firstFree + 1) * Granule, offset);
    }

    [Fact]
    public void TryAllocate_finds_a_range_within_its_own_class()
    {
        using var slab = new SlabAllocator(1000 * Granule);
        Assert.True(slab.TryReserve(515 * Granule, 485 * Granule));
        Assert.True(slab.TryAllocate(515 * Granule, out var offset));
        Assert.Equal(0, offset);
    }

    [Fact]
    public void Free_twice_throws_and_changes_nothing()
    {
        using var slab = new SlabAllocator(8 * Granule);
        Assert.True(slab.TryAllocate(2 * Granule, out var first));
        Assert.True(slab.TryAllocate(2 * Granule, out var second));
        Assert.True(slab.TryAllocate(2 * Granule, out _));
        slab.Free(first);
        Assert.Throws<InvalidOperationException>(() => slab.Free(first));
        slab.Free(second);
        Assert.Throws<InvalidOperationException>(() => slab.Free(second));
        Assert.Equal((2L * Granule, 1, 2), (slab.AllocatedBytes, slab.AllocationCount, slab.FreeRangeCount));
        slab.CheckConsistency();
    }

    [Theory]
    [InlineData(-Granule)]
    [InlineData(1)]
    [InlineData(Granule)]
    [InlineData((2 * Granule) + 1)]
    [InlineData(3 * Granule)]
    [InlineData(4 * Granule)]
    [InlineData(8 * Granule)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void Free_foreign_offset_throws_and_changes_nothing(long offset)
    {
        using var slab = new SlabAllocator(8 * Granule);
        Assert.True(slab.TryAllocate(2 * Granule, out _));
        Assert.True(slab.TryAllocate(2 * Granule, out _));
        Assert.Throws<InvalidOperationException>(() => slab.Free(offset));
        Assert.Throws<InvalidOperationException>(() => slab.LengthOf(offset));
        Assert.Equal((4L * Granule, 2, 1), (slab.AllocatedBytes, slab.AllocationCount, slab.FreeRangeCount));
        slab.CheckConsistency();
    }

    [Theory]
    [InlineData(-Granule, Granule)]
    [InlineData(1, Granule)]
    [InlineData(16 * Granule, Granule)]
    [InlineData(15 * Granule, Granule + 1)]
    [InlineData(Granule, long.MaxValue)]
    [InlineData(long.MaxValue, Granule)]
    [InlineData(4 * Granule, Granule)]
    [InlineData(5 * Granule, Granule)]
    [InlineData(3 * Granule, 2 * Granule)]
    [InlineData(6 * Granule, 3 * Granule)]
    [InlineData(3 * Granule, 10 * Granule)]
    public void TryReserve_taken_or_outside_is_refused_and_changes_nothing(long offset, long lengthBytes)
    {
        using var slab = new SlabAllocator(16 * Granule);
        Assert.True(slab.TryReserve(4 * Granule, 4 * Granule));
        Assert.False(slab.TryReserve(offset, lengthBytes));
        Assert.Equal((4L * Granule, 1, 2), (slab.AllocatedBytes, slab.AllocationCount, slab.FreeRangeCount));
        slab.CheckConsistency();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TryReserve_rebuilds_the_state_of_another_slab(bool sorted)
    {
        const int Ranges = 20_000;
        var random = new Random(11);
        using var original = new SlabAllocator(Ranges * 64L * Granule);
        var offsets = new List<long>();
        for (var i = 0; i < Ranges * 2; i++)
        {
            Assert.True(original.TryAllocate(1 + random.Next(40 * Granule), out var offset));
            offsets.Add(offset);
        }

        var kept = offsets.Where(_ => random.Next(2) == 0).Order().ToArray();
        foreach (var offset in offsets.Except(kept))
            original.Free(offset);
        if (!sorted)
            random.Shuffle(kept);

        using var rebuilt = new SlabAllocator(original.CapacityBytes);
        foreach (var offset in kept)
            Assert.True(rebuilt.TryReserve(offset, original.LengthOf(offset)));
        rebuilt.CheckConsistency();
        Assert.Equal(
            (original.AllocatedBytes, original.AllocationCount, original.FreeRangeCount, original.LargestFreeBytes),
            (rebuilt.AllocatedBytes, rebuilt.AllocationCount, rebuilt.FreeRangeCount, rebuilt.LargestFreeBytes));
    }

    [Fact]
    public void Slab_of_16_TiB_reaches_its_last_granule()
    {
        try
        {
            using var slab = new SlabAllocator(SlabAllocator.MaxCapacityBytes);
            Assert.True(slab.TryAllocate(SlabAllocator.MaxCapacityBytes, out var offset));
            Assert.Equal((0L, 0L, SlabAllocator.MaxCapacityBytes), (offset, slab.FreeBytes, slab.LengthOf(offset)));
            slab.Free(offset);
            Assert.True(slab.TryReserve(SlabAllocator.MaxCapacityBytes - Granule, Granule));
            Assert.Equal(SlabAllocator.MaxCapacityBytes - Granule, slab.LargestFreeBytes);
            slab.Free(SlabAllocator.MaxCapacityBytes - Granule);
            Assert.Equal((SlabAllocator.MaxCapacityBytes, 1), (slab.LargestFreeBytes, slab.FreeRangeCount));
        }
        catch (OutOfMemoryException)
        {
            Assert.Skip("The tables of a 16 TiB slab need 17 GiB of address space, which this machine does not grant.");
        }
    }

    [Fact]
    public void Slab_in_use_allocates_nothing_on_the_managed_heap()
    {
        using var slab = new SlabAllocator(1L << 30);
        Churn(slab);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Churn(slab);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Slab_disposed_refuses_every_use()
    {
        var slab = new SlabAllocator(Granule);
        slab.Dispose();
        slab.Dispose();
        Assert.Throws<ObjectDisposedException>(() => slab.TryAllocate(1, out _));
        Assert.Throws<ObjectDisposedException>(() => slab.TryReserve(0, 1));
        Assert.Throws<ObjectDisposedException>(() => slab.Free(0));
        Assert.Throws<ObjectDisposedException>(() => slab.LengthOf(0));
        Assert.Throws<ObjectDisposedException>(() => slab.LargestFreeBytes);
        Assert.Throws<ObjectDisposedException>(slab.CheckConsistency);
    }

    private static void Churn(SlabAllocator slab)
    {
        Span<long> offsets = stackalloc long[1000];
        for (var i = 0; i < offsets.Length; i++)
            slab.TryAllocate(1 + (i * 977L), out offsets[i]);
        for (var i = 0; i < offsets.Length; i += 2)
            slab.Free(offsets[i]);
        for (var i = 0; i < offsets.Length; i += 2)
            slab.TryReserve(offsets[i], 1 + (i * 977L));
        foreach (var offset in offsets)
            slab.Free(offset);
    }
}
