using Cascade.Core.Identity;

namespace Cascade.Core.Indices;

/// <summary>Entries by key, in chunks of which the last alone grows: without a spike, with little to spare, and small while there are few.</summary>
/// <remarks>Chained hashing; 120 bytes an entry and 4 to 8 for its bucket. The entries keep their places until removed.</remarks>
internal sealed class KeyTable
{
    private const int ChunkBits = 6;
    private const int ChunkSize = 1 << ChunkBits;

    /// <summary>Room that a table begins with, and a further chunk. Most shards of a small cache have a few entries only.</summary>
    private const int FirstRoom = 4;
    private const int NextRoom = 16;

    // 2^64 over the golden ratio: spreads the keys of one shard, whose prefixes may agree in some bits.
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private readonly List<Node[]> _chunks = [];
    private int[] _buckets = new int[FirstRoom];
    private int _used;
    private int _free = -1;

    public int Count { get; private set; }

    /// <summary>Place of the key, or -1.</summary>
    public int Find(in KeyDigest key)
    {
        for (var at = _buckets[BucketOf(key)] - 1; at >= 0; at = At(at).Next)
        {
            if (At(at).Entry.Binding.Key == key)
                return at;
        }
        return -1;
    }

    /// <summary>The entry at a place; its key is not to be changed.</summary>
    public ref KeyIndexEntry this[int at] => ref At(at).Entry;

    /// <summary>Adds an entry whose key is not there.</summary>
    public void Add(in KeyIndexEntry entry)
    {
        if (Count == _buckets.Length)
            Grow();
        var at = _free;
        if (at >= 0)
        {
            _free = At(at).Next;
        }
        else
        {
            at = _used++;
            MakeRoom(at);
        }
        At(at).Entry = entry;
        At(at).IsFree = false;
        Chain(at);
        Count++;
    }

    public void Remove(int at)
    {
        ref var link = ref _buckets[BucketOf(At(at).Entry.Binding.Key)];
        if (link - 1 == at)
        {
            link = At(at).Next + 1;
        }
        else
        {
            var before = link - 1;
            while (At(before).Next != at)
                before = At(before).Next;
            At(before).Next = At(at).Next;
        }
        At(at) = new Node { Next = _free, IsFree = true };
        _free = at;
        Count--;
    }

    /// <summary>
    /// Entries in the order of their places, from one on; gives the place to go on at, or 0 at the end. Whatever stays in the table from the first page to the
    /// last is in one of them.
    /// </summary>
    public List<KeyIndexEntry> Page(int from, int most, out int next)
    {
        var page = new List<KeyIndexEntry>(Math.Min(most, Count));
        var at = from;
        for (; at < _used && page.Count < most; at++)
        {
            if (!At(at).IsFree)
                page.Add(At(at).Entry);
        }
        next = at < _used ? at : 0;
        return page;
    }

    public IEnumerable<KeyIndexEntry> Entries()
    {
        for (var bucket = 0; bucket < _buckets.Length; bucket++)
        {
            for (var at = _buckets[bucket] - 1; at >= 0; at = At(at).Next)
                yield return At(at).Entry;
        }
    }

    private void MakeRoom(int at)
    {
        var (chunk, place) = (at >> ChunkBits, at & (ChunkSize - 1));
        if (chunk == _chunks.Count)
            _chunks.Add(new Node[chunk == 0 ? FirstRoom : NextRoom]);
        var nodes = _chunks[chunk];
        if (place < nodes.Length)
            return;
        Array.Resize(ref nodes, nodes.Length * 2);
        _chunks[chunk] = nodes;
    }

    private void Grow()
    {
        var old = _buckets;
        _buckets = new int[old.Length * 2];
        foreach (var first in old)
        {
            for (var at = first - 1; at >= 0;)
            {
                var next = At(at).Next;
                Chain(at);
                at = next;
            }
        }
    }

    private void Chain(int at)
    {
        ref var bucket = ref _buckets[BucketOf(At(at).Entry.Binding.Key)];
        At(at).Next = bucket - 1;
        bucket = at + 1;
    }

    private ref Node At(int at) => ref _chunks[at >> ChunkBits][at & (ChunkSize - 1)];

    private int BucketOf(in KeyDigest key) => (int)Math.BigMul(key.Prefix64 * Spread, (ulong)_buckets.Length, out _);

    private struct Node
    {
        public KeyIndexEntry Entry;

        /// <summary>Place of the next entry of the bucket, or of the next free place; -1 for none.</summary>
        public int Next;

        public bool IsFree;
    }
}
