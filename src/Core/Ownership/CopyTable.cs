using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Ownership;

/// <summary>
/// The copies of the blocks of one shard: a hash table of values, so that a block with one copy costs no object. About 85 bytes a block when full, at most 130
/// after it grew. Not thread-safe.
/// </summary>
internal sealed class CopyTable
{
    private const int None = -1;
    private const int RoomMin = 4;

    private int[] _buckets = [];
    private Entry[] _entries = [];

    private struct Entry
    {
        public BlockId Id;
        public CopyLocation First;

        /// <summary>The copies behind the first; null for none.</summary>
        public CopyLocation[]? More;

        /// <summary>The next entry of the same bucket.</summary>
        public int Next;
    }

    /// <summary>Blocks with a copy.</summary>
    public int Count { get; private set; }

    public void CopiesOf(BlockId id, List<CopyLocation> into)
    {
        var at = Find(id);
        if (at == None)
            return;
        into.Add(_entries[at].First);
        if (_entries[at].More is { } more)
            into.AddRange(more);
    }

    /// <summary>Takes a copy in, unless it or a later one of its slot is there.</summary>
    /// <param name="id">The block.</param>
    /// <param name="copy">The copy.</param>
    /// <param name="replaced">The earlier one of its slot; default when there was none.</param>
    public bool TryAdd(BlockId id, in CopyLocation copy, out CopyLocation replaced)
    {
        replaced = default;
        var at = Find(id);
        if (at == None)
        {
            Append(id, copy);
            return true;
        }
        ref var entry = ref _entries[at];
        for (var i = 0; i <= (entry.More?.Length ?? 0); i++)
        {
            ref var known = ref CopyAt(ref entry, i);
            if (!known.SharesSlotWith(copy))
                continue;
            if (copy.GenerationsAfter(known) <= 0)
                return false;
            replaced = known;
            known = copy;
            return true;
        }
        entry.More = entry.More is { } more ? [.. more, copy] : [copy];
        return true;
    }

    /// <summary>Takes a copy out, or an earlier one of its slot.</summary>
    public bool TryRemove(BlockId id, in CopyLocation copy, out CopyLocation removed)
    {
        removed = default;
        var at = Find(id);
        if (at == None)
            return false;
        ref var entry = ref _entries[at];
        for (var i = 0; i <= (entry.More?.Length ?? 0); i++)
        {
            var known = CopyAt(ref entry, i);
            if (!known.SharesSlotWith(copy) || known.GenerationsAfter(copy) > 0)
                continue;
            removed = known;
            RemoveCopyAt(at, i);
            return true;
        }
        return false;
    }

    /// <summary>Adds all copies in a tier to a list.</summary>
    public void CopiesIn(TierAddress tier, List<Messages.HeldBlock> into)
    {
        for (var at = 0; at < Count; at++)
        {
            ref var entry = ref _entries[at];
            for (var i = 0; i <= (entry.More?.Length ?? 0); i++)
            {
                ref var copy = ref CopyAt(ref entry, i);
                if (copy.Address == tier)
                    into.Add(Messages.HeldBlock.Of(entry.Id, copy));
            }
        }
    }

    private static ref CopyLocation CopyAt(ref Entry entry, int i)
    {
        if (i == 0)
            return ref entry.First;
        return ref entry.More![i - 1];
    }

    private void RemoveCopyAt(int at, int i)
    {
        ref var entry = ref _entries[at];
        if (entry.More is not { } more)
        {
            RemoveEntry(at);
            return;
        }
        if (i == 0)
            (entry.First, i) = (more[0], 1);
        entry.More = more.Length == 1 ? null : [.. more[..(i - 1)], .. more[i..]];
    }

    private int Find(BlockId id)
    {
        if (Count == 0)
            return None;
        var at = _buckets[BucketOf(id)];
        while (at != None && _entries[at].Id != id)
            at = _entries[at].Next;
        return at;
    }

    /// <summary>Shards are told apart by the mixed prefix, so that its own low bits are uniform within one.</summary>
    private int BucketOf(BlockId id) => (int)(id.Prefix64 & (uint)(_buckets.Length - 1));

    private void Append(BlockId id, in CopyLocation copy)
    {
        if (Count == _entries.Length)
            Resize(Math.Max(RoomMin, Count + (Count >> 1)));
        ref var bucket = ref _buckets[BucketOf(id)];
        _entries[Count] = new Entry { Id = id, First = copy, Next = bucket };
        bucket = Count++;
    }

    private void RemoveEntry(int at)
    {
        Replace(at, _entries[at].Next);
        var last = --Count;
        if (at != last)
        {
            Replace(last, at);
            _entries[at] = _entries[last];
        }
        _entries[last] = default;
        if (Count * 4 < _entries.Length && _entries.Length > RoomMin)
            Resize(Math.Max(RoomMin, Count * 2));
    }

    /// <summary>Lets what points to an entry point to another.</summary>
    private void Replace(int entry, int by)
    {
        ref var link = ref _buckets[BucketOf(_entries[entry].Id)];
        while (link != entry)
            link = ref _entries[link].Next;
        link = by;
    }

    private void Resize(int room)
    {
        Array.Resize(ref _entries, room);
        _buckets = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)room)];
        Array.Fill(_buckets, None);
        for (var at = 0; at < Count; at++)
        {
            ref var bucket = ref _buckets[BucketOf(_entries[at].Id)];
            _entries[at].Next = bucket;
            bucket = at;
        }
    }
}
