namespace Cascade.Core.Allocation;

/// <summary>
/// Sub-allocates a slab of memory that is named by offset only (an arena in shared memory, a slab of device memory): not one
/// byte of the slab is touched. Two-level segregated fit with immediate coalescing; the time of an operation is bounded.
/// </summary>
/// <remarks>
/// <para>
/// One caller at a time: it takes no lock. No operation allocates on the managed heap, but for an exception that it throws.
/// Its tables lie in native memory: 24 bytes for each extent (allocated or free), and 4.13 bytes of address space a granule
/// (0.1 % of the slab), of which only the pages that hold the first granule of some extent ever take memory.
/// </para>
/// <para>
/// Fit: an allocation succeeds whenever a free range reaches the length rounded up to the next of 64 steps in its octave
/// (lengths under 128 granules are exact). Of free ranges between the length and that step, at most 1/64 above it, 64 are tried.
/// </para>
/// </remarks>
public sealed class SlabAllocator : IDisposable
{
    /// <summary>What offsets and lengths are multiples of, in bytes: a page, and the alignment of direct I/O.</summary>
    public const int GranuleBytes = 4096;

    /// <summary>The largest slab: 16 TiB, 2^32 granules.</summary>
    public const long MaxCapacityBytes = GranuleBytes * (1L << 32);

    private const int GranuleShift = 12;

    private readonly ExtentTable _extents;
    private readonly FreeLists _free;
    private long _allocatedGranules;
    private bool _disposed;

    /// <summary>Makes an allocator of a slab that is wholly free.</summary>
    /// <param name="capacityBytes">Length of the slab: a multiple of 4 KiB, up to 16 TiB.</param>
    /// <exception cref="ArgumentException">The capacity is not a positive multiple of 4 KiB, or too large.</exception>
    /// <exception cref="OutOfMemoryException">The tables do not fit in memory.</exception>
    public SlabAllocator(long capacityBytes)
    {
        if (capacityBytes is <= 0 or > MaxCapacityBytes || capacityBytes % GranuleBytes != 0)
            throw new ArgumentException(
                $"A slab of {capacityBytes} bytes cannot be managed: give a multiple of {GranuleBytes} up to {MaxCapacityBytes}.",
                nameof(capacityBytes));
        CapacityBytes = capacityBytes;
        _extents = new ExtentTable(capacityBytes >> GranuleShift);
        _free = new FreeLists(_extents);
        _free.Insert(_extents.BeginningAt(0));
    }

    /// <summary>Length of the slab.</summary>
    public long CapacityBytes { get; }

    /// <summary>Bytes in allocated ranges, each rounded up to granules.</summary>
    public long AllocatedBytes => _allocatedGranules << GranuleShift;

    /// <summary>Bytes in free ranges.</summary>
    public long FreeBytes => CapacityBytes - AllocatedBytes;

    /// <summary>The longest free range, in bytes: exact, found by a walk over the free ranges within 1/64 of it.</summary>
    public long LargestFreeBytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var granules = _free.Longest();
            GC.KeepAlive(this);
            return granules << GranuleShift;
        }
    }

    /// <summary>Ranges that are allocated now.</summary>
    public int AllocationCount { get; private set; }

    /// <summary>Free ranges now; no two of them touch.</summary>
    public int FreeRangeCount => _free.Count;

    /// <summary>Allocates a range of at least <paramref name="lengthBytes"/>, rounded up to granules.</summary>
    /// <returns>False, with nothing changed, when no free range fits.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length is zero or negative.</exception>
    public bool TryAllocate(long lengthBytes, out long offset)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthBytes);
        offset = 0;
        if (lengthBytes > CapacityBytes)
            return false;
        var granules = ToGranules(lengthBytes);
        var index = _free.Find(granules);
        if (index == Extent.None)
            return false;
        Take(index, _extents[index].First, granules);
        offset = (long)_extents[index].First << GranuleShift;
        GC.KeepAlive(this);
        return true;
    }

    /// <summary>Frees the allocated range that begins at <paramref name="offset"/> and joins it with free neighbours.</summary>
    /// <exception cref="InvalidOperationException">Freed before, or never allocated. Nothing is changed.</exception>
    public void Free(long offset)
    {
        var index = Allocated(offset);
        _allocatedGranules -= _extents[index].Granules;
        AllocationCount--;
        var (before, after) = (_extents[index].Before, _extents[index].After);
        if (after != Extent.None && _extents[after].IsFree)
        {
            _free.Remove(after);
            _extents.JoinWithNext(index);
        }

        if (before != Extent.None && _extents[before].IsFree)
        {
            _free.Remove(before);
            _extents.JoinWithNext(before);
            index = before;
        }

        _free.Insert(index);
        GC.KeepAlive(this);
    }

    /// <summary>Allocates one given range: how the state of a slab is rebuilt from a description kept elsewhere.</summary>
    /// <param name="offset">Where the range begins, in bytes.</param>
    /// <param name="lengthBytes">Its length in bytes, rounded up to granules.</param>
    /// <returns>False, with nothing changed, when the offset is no granule's or any part is taken or outside the slab.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length is zero or negative.</exception>
    public bool TryReserve(long offset, long lengthBytes)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthBytes);
        if (offset < 0 || offset % GranuleBytes != 0 || offset >= CapacityBytes || lengthBytes > CapacityBytes - offset)
            return false;
        var (first, granules) = ((uint)(offset >> GranuleShift), ToGranules(lengthBytes));
        var index = _extents.Covering(first);
        if (!_extents[index].IsFree || _extents[index].Last < first + granules - 1)
            return false;
        Take(index, first, granules);
        GC.KeepAlive(this);
        return true;
    }

    /// <summary>Length in bytes, a multiple of 4 KiB, of the allocated range that begins at <paramref name="offset"/>.</summary>
    /// <exception cref="InvalidOperationException">No allocated range begins there.</exception>
    public long LengthOf(long offset)
    {
        var granules = _extents[Allocated(offset)].Granules;
        GC.KeepAlive(this);
        return granules << GranuleShift;
    }

    /// <summary>Walks every table and compares them, for tests and for hunting a fault. Slow: it looks at each granule.</summary>
    /// <exception cref="InvalidOperationException">An invariant does not hold.</exception>
    public void CheckConsistency()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _free.Check();
        var (extents, free, allocatedGranules) = _extents.Check();
        if (allocatedGranules != _allocatedGranules || free != _free.Count || extents - free != AllocationCount)
            throw new InvalidOperationException(
                $"{extents - free} ranges of {allocatedGranules} granules are allocated, "
                + $"{AllocationCount} of {_allocatedGranules} counted; "
                + $"{free} are free, {_free.Count} counted: the allocator's tables are corrupt.");
        GC.KeepAlive(this);
    }

    /// <summary>Gives the tables back. The slab is the caller's.</summary>
    public void Dispose()
    {
        _disposed = true;
        _extents.Dispose();
        _free.Dispose();
    }

    private static long ToGranules(long lengthBytes) => ((lengthBytes - 1) >> GranuleShift) + 1;

    /// <summary>Allocates a part of a free extent; what is left on either side stays free.</summary>
    private void Take(int index, uint first, long granules)
    {
        _extents.EnsureRoom(2);
        _free.Remove(index);
        if (_extents[index].First < first)
        {
            var front = index;
            index = _extents.Cut(front, first - _extents[front].First);
            _free.Insert(front);
        }

        if (_extents[index].Granules > granules)
            _free.Insert(_extents.Cut(index, granules));
        _extents[index].MarkAllocated();
        _allocatedGranules += granules;
        AllocationCount++;
    }

    private int Allocated(long offset)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (offset < 0 || offset >= CapacityBytes || offset % GranuleBytes != 0)
            throw new InvalidOperationException($"Offset {offset} is no granule of this slab: pass one that it handed out.");
        var index = _extents.BeginningAt(offset >> GranuleShift);
        if (index == Extent.None)
            throw new InvalidOperationException($"No range begins at offset {offset}: freed before, or inside another.");
        if (_extents[index].IsFree)
            throw new InvalidOperationException($"The range at offset {offset} is free: freed before, or never allocated.");
        return index;
    }
}
