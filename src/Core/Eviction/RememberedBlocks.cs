using System.Runtime.CompilerServices;

namespace Cascade.Core.Eviction;

/// <summary>The histories of blocks that are not resident: up to a number, of which the longest unused make room.</summary>
/// <remarks>Sets of four places, a cache line each; 16 bytes a block. Blocks are told apart by the first 64 bits of their keys.</remarks>
internal sealed class RememberedBlocks
{
    private const int Ways = 4;
    private const ulong Spread = 0xBF58476D1CE4E5B9;

    private Entry[] _entries;
    private ulong _sets;

    public RememberedBlocks(int capacity)
    {
        _sets = (ulong)((capacity + Ways - 1) / Ways);
        _entries = new Entry[_sets * Ways];
    }

    /// <summary>Places.</summary>
    public int Capacity => _entries.Length;

    public long TableBytes => _entries.Length * (long)Unsafe.SizeOf<Entry>();

    /// <summary>The place of a key; -1 when it is not remembered.</summary>
    public int Find(ulong key)
    {
        var first = FirstOf(key);
        for (var at = first; at < first + Ways; at++)
        {
            if (_entries[at].Key == key)
                return at;
        }
        return -1;
    }

    /// <summary>True when there is a block at the place.</summary>
    public bool IsTaken(int place) => _entries[place].Key != 0;

    /// <summary>The history at a place.</summary>
    public ref BlockHistory this[int place] => ref _entries[place].History;

    public void Forget(int place) => _entries[place] = default;

    /// <summary>Remembers a block that is not remembered yet.</summary>
    /// <returns>True when another one was forgotten for it.</returns>
    public bool Remember(ulong key, in BlockHistory history, uint now, out BlockHistory forgotten)
    {
        var oldest = FirstOf(key);
        var end = oldest + Ways;
        for (var at = oldest; at < end && _entries[oldest].Key != 0; at++)
        {
            if (_entries[at].Key == 0 || now - _entries[at].History.LastAccess > now - _entries[oldest].History.LastAccess)
                oldest = at;
        }
        ref var entry = ref _entries[oldest];
        forgotten = entry.History;
        var hasForgotten = entry.Key != 0;
        entry = new Entry { Key = key, History = history };
        return hasForgotten;
    }

    /// <summary>Doubles the places; takes time for each.</summary>
    public void Grow()
    {
        var before = _sets;
        _sets *= 2;
        Array.Resize(ref _entries, checked((int)(_sets * Ways)));

        // What was in a set belongs into one of the two at twice its place, which are empty when sets are moved from the last one on.
        Span<Entry> moved = stackalloc Entry[Ways];
        for (var set = (long)before - 1; set >= 0; set--)
        {
            var old = _entries.AsSpan((int)set * Ways, Ways);
            old.CopyTo(moved);
            old.Clear();
            foreach (var entry in moved)
            {
                if (entry.Key == 0)
                    continue;
                var at = FirstOf(entry.Key);
                while (_entries[at].Key != 0)
                    at++;
                _entries[at] = entry;
            }
        }
    }

    private int FirstOf(ulong key) => (int)Math.BigMul(key * Spread, _sets, out _) * Ways;

    private struct Entry
    {
        public ulong Key;
        public BlockHistory History;
    }
}
