namespace Cascade.Core.Allocation;

/// <summary>The extents of a slab in address order: what begins at a granule, what covers it, how to cut and to join.</summary>
/// <remarks>
/// A description takes 24 bytes and there is one for each extent, packed, so that the working set follows the number of
/// extents. The lookup by first granule takes 4 bytes a granule, of which only those at a first granule are written.
/// </remarks>
internal sealed class ExtentTable : IDisposable
{
    private const int InitialExtents = 256;

    private readonly long _granules;
    private readonly NativeTable<int> _byFirst;
    private readonly GranuleBitmap _firsts;
    private readonly NativeTable<Extent> _extents;
    private int _usedEntries = 1;
    private int _vacantEntries;
    private int _vacantHead;

    /// <summary>One extent covers the whole slab.</summary>
    public ExtentTable(long granules)
    {
        _granules = granules;
        _byFirst = new NativeTable<int>(granules);
        _firsts = new GranuleBitmap(granules);
        _extents = new NativeTable<Extent>(InitialExtents);
        Describe(0, (uint)(granules - 1), Extent.None, Extent.None);
    }

    public ref Extent this[int extent] => ref _extents[extent];

    /// <summary>The extent that begins at the granule, or none.</summary>
    public int BeginningAt(long granule) => _byFirst[granule];

    /// <summary>The extent that the granule lies in.</summary>
    public int Covering(uint granule) => _byFirst[_firsts.Floor(granule)];

    /// <summary>Makes room for further extents, so that no cut fails halfway. References into the table are void.</summary>
    /// <exception cref="OutOfMemoryException">The table cannot grow: nothing is changed.</exception>
    /// <exception cref="InvalidOperationException">The table has reached its largest size: nothing is changed.</exception>
    public void EnsureRoom(int extents)
    {
        if (_vacantEntries + (_extents.Length - _usedEntries) >= extents)
            return;
        if (_extents.Length > int.MaxValue / 2)
            throw new InvalidOperationException($"The slab has over {int.MaxValue / 2} extents; allocate in larger lengths.");
        _extents.Grow(_extents.Length * 2);
    }

    /// <summary>Cuts an extent in two: it keeps its first granules; the rest is returned, in no free list.</summary>
    public int Cut(int extent, long granules)
    {
        ref var head = ref _extents[extent];
        var rest = Describe((uint)(head.First + granules), head.Last, extent, head.After);
        if (head.After != Extent.None)
            _extents[head.After].Before = rest;
        head.After = rest;
        head.Last = (uint)(head.First + granules - 1);
        return rest;
    }

    /// <summary>Joins an extent with the one after it, whose entry becomes vacant.</summary>
    public void JoinWithNext(int extent)
    {
        ref var head = ref _extents[extent];
        var gone = head.After;
        ref var tail = ref _extents[gone];
        head.Last = tail.Last;
        head.After = tail.After;
        if (tail.After != Extent.None)
            _extents[tail.After].Before = extent;
        _byFirst[tail.First] = Extent.None;
        _firsts.Remove(tail.First);
        tail = new Extent { NextFree = _vacantHead };
        _vacantHead = gone;
        _vacantEntries++;
    }

    /// <summary>Walks the slab: extents tile it, no free ones touch, and the lookups name their first granules alone.</summary>
    /// <returns>How many extents there are, free ones, and allocated granules.</returns>
    /// <exception cref="InvalidOperationException">Something does not hold.</exception>
    public (int Extents, int Free, long AllocatedGranules) Check()
    {
        var (extents, free, allocated, expected, before) = (0, 0, 0L, 0L, Extent.None);
        for (var index = _byFirst[0]; index != Extent.None; index = _extents[index].After)
        {
            var extent = _extents[index];
            var follows = extent.First == expected && extent.Last >= extent.First;
            var touches = extent.IsFree && before != Extent.None && _extents[before].IsFree;
            Require(follows, index, "does not begin where the one before it ends");
            Require(extent.Before == before, index, "does not link back to its neighbour");
            Require(_byFirst[extent.First] == index && _firsts.Contains(extent.First), index, "is not found by its start");
            Require(!touches, index, "is free beside a free neighbour");
            (extents, expected, before) = (extents + 1, (long)extent.Last + 1, index);
            (free, allocated) = extent.IsFree ? (free + 1, allocated) : (free, allocated + extent.Granules);
        }

        Require(expected == _granules, before, "is the last and does not end with the slab");
        Require(_firsts.CountAndCheck() == extents, before, "is the last, and they are not as many as granules marked");
        Require(CountLookups() == extents, before, "is the last, and they are not as many as granules looked up");
        Require(_usedEntries - 1 - _vacantEntries == extents, before, "is the last, and they are not as many as taken entries");
        return (extents, free, allocated);
    }

    public void Dispose()
    {
        _byFirst.Dispose();
        _firsts.Dispose();
        _extents.Dispose();
    }

    private int Describe(uint first, uint last, int before, int after)
    {
        int index;
        if (_vacantHead != Extent.None)
        {
            index = _vacantHead;
            _vacantHead = _extents[index].NextFree;
            _vacantEntries--;
        }
        else
        {
            index = _usedEntries++;
        }

        _extents[index] = new Extent { First = first, Last = last, Before = before, After = after };
        _byFirst[first] = index;
        _firsts.Add(first);
        return index;
    }

    private long CountLookups()
    {
        var count = 0L;
        for (var granule = 0L; granule < _granules; granule++)
            count += _byFirst[granule] == Extent.None ? 0 : 1;
        return count;
    }

    private static void Require(bool holds, int extent, string fault)
    {
        if (!holds)
            throw new InvalidOperationException($"Extent {extent} of the slab {fault}: the allocator's tables are corrupt.");
    }
}
