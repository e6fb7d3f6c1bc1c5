using System.Numerics;

namespace Cascade.Tiers.Shm;

/// <summary>From a digest to the slots that may go by it. One thread changes it; any number read it at the same time, without a lock.</summary>
/// <remarks>
/// Open addressing with linear probing over single words (32 bits of hash, slot + 1), which never move, so that a reader sees each either
/// as it was or as it is. The index only proposes: the reader compares the whole digest in the slot's descriptor, under its
/// generation. A reader that finds nothing looks again if <see cref="Removals"/> has moved on, for the digest may have gone from one slot to
/// another behind it. Sixteen bytes for each of the capacity.
/// </remarks>
internal sealed class SlotIndex(int capacity)
{
    private const ulong Empty = 0;
    private const ulong Tombstone = uint.MaxValue;

    // 2^64 over the golden ratio: spreads the prefixes of digests that agree in some bits, as those of one shard do.
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private ulong[] _cells = new ulong[BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 8) * 2)];
    private long _removals;
    private int _usedCells;

    /// <summary>Entries removed so far.</summary>
    public long Removals => Volatile.Read(ref _removals);

    /// <summary>Walks the slots that may go by a digest.</summary>
    public Cursor Find(ulong prefix) => new(Volatile.Read(ref _cells), HashOf(prefix));

    /// <summary>Adds a slot under a digest. The same pair must not be there.</summary>
    public void Add(ulong prefix, uint slot)
    {
        // Live entries take at most half of the cells; once tombstones fill half of the rest, they are swept.
        if (_usedCells >= _cells.Length / 4 * 3)
            Sweep();
        Place(_cells, ((ulong)HashOf(prefix) << 32) | (slot + 1));
    }

    /// <summary>Removes a slot from under a digest; false when it is not there.</summary>
    public bool Remove(ulong prefix, uint slot)
    {
        var target = ((ulong)HashOf(prefix) << 32) | (slot + 1);
        var (cells, mask) = (_cells, (uint)_cells.Length - 1);
        var at = HomeOf(HashOf(prefix), cells.Length);
        for (; cells[at] != target; at = (at + 1) & mask)
        {
            if (cells[at] == Empty)
                return false;
        }

        // Counted before the entry goes, so that who misses the entry sees the count.
        Volatile.Write(ref _removals, _removals + 1);
        if (cells[(at + 1) & mask] != Empty)
        {
            Volatile.Write(ref cells[at], Tombstone);
            return true;
        }

        // Nothing lies beyond: neither this cell nor tombstones before it are needed to lead there.
        do
        {
            Volatile.Write(ref cells[at], Empty);
            _usedCells--;
            at = (at - 1) & mask;
        }
        while (cells[at] == Tombstone);
        return true;
    }

    private static uint HashOf(ulong prefix) => (uint)((prefix * Spread) >> 32);

    private static uint HomeOf(uint hash, int cellCount) => (uint)(((ulong)hash * (uint)cellCount) >> 32);

    /// <summary>Readers that are under way stay with the cells they began with, which change no more.</summary>
    private void Sweep()
    {
        var swept = new ulong[_cells.Length];
        _usedCells = 0;
        foreach (var cell in _cells)
        {
            if (cell is not (Empty or Tombstone))
                Place(swept, cell);
        }

        Volatile.Write(ref _cells, swept);
    }

    private void Place(ulong[] cells, ulong entry)
    {
        var mask = (uint)cells.Length - 1;
        var at = HomeOf((uint)(entry >> 32), cells.Length);
        while (cells[at] is not (Empty or Tombstone))
            at = (at + 1) & mask;
        if (cells[at] == Empty)
            _usedCells++;
        Volatile.Write(ref cells[at], entry);
    }

    /// <summary>A walk over the slots that may go by one digest.</summary>
    internal struct Cursor(ulong[] cells, uint hash)
    {
        private uint _at = HomeOf(hash, cells.Length);
        private int _left = cells.Length;

        /// <summary>The slot that the walk is at.</summary>
        public uint Slot { get; private set; }

        public bool MoveNext()
        {
            for (; _left > 0; _left--)
            {
                var cell = Volatile.Read(ref cells[_at++ & (uint)(cells.Length - 1)]);
                if (cell == Empty)
                    return false;
                if ((uint)(cell >> 32) != hash || (uint)cell == Tombstone)
                    continue;
                Slot = (uint)cell - 1;
                _left--;
                return true;
            }

            return false;
        }
    }
}
