using Cascade.Core.Allocation;
using Cascade.Core.Identity;

namespace Cascade.Core.Indexing;

/// <summary>A table from digests to numbers (key to slot, block to slot) of a fixed capacity, laid out once.</summary>
/// <remarks>
/// <para>
/// Open addressing with Robin Hood probing (Celis, Larson, Munro: "Robin Hood hashing", FOCS 1985) and deletion by backward
/// shift, so that there are no tombstones and a miss ends early. At most three quarters of the entries are in use. The place of
/// a digest follows from its own bits; the whole digest is compared. Native memory: 54 bytes for each of the capacity.
/// </para>
/// <para>One caller at a time: it takes no lock. No operation allocates.</para>
/// </remarks>
/// <typeparam name="TDigest">What is looked up by: <see cref="BlockId"/> or <see cref="KeyDigest"/>.</typeparam>
public sealed class DigestIndex<TDigest> : IDisposable
    where TDigest : unmanaged, IDigest, IEquatable<TDigest>
{
    // 2^64 over the golden ratio: spreads the prefixes of digests that agree in some bits, as those of one shard do.
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private readonly NativeTable<Entry> _entries;
    private readonly int _entryCount;
    private bool _disposed;

    /// <summary>Lays out a table.</summary>
    /// <param name="capacity">Digests that it can hold at once: 1 to 1,000,000,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is outside its range.</exception>
    /// <exception cref="OutOfMemoryException">The table does not fit in memory.</exception>
    public DigestIndex(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 1_000_000_000);
        Capacity = capacity;
        _entryCount = (int)((((long)capacity * 4) + 2) / 3);
        _entries = new NativeTable<Entry>(_entryCount);
    }

    /// <summary>Digests that the table can hold at once.</summary>
    public int Capacity { get; }

    /// <summary>Digests that it holds.</summary>
    public int Count { get; private set; }

    /// <summary>Finds what a digest maps to.</summary>
    /// <returns>False when the digest is absent; the value is then 0.</returns>
    public bool TryGet(in TDigest digest, out int value)
    {
        var at = Find(digest);
        value = at < 0 ? 0 : _entries[at].Value;
        GC.KeepAlive(this);
        return at >= 0;
    }

    /// <summary>Adds a digest that is not there yet.</summary>
    /// <returns>False, with nothing changed, when it is there already.</returns>
    /// <exception cref="InvalidOperationException">The digest is new and the table full. Nothing is changed.</exception>
    public bool TryAdd(in TDigest digest, int value)
    {
        if (Find(digest) >= 0)
            return false;
        Insert(digest, value);
        GC.KeepAlive(this);
        return true;
    }

    /// <summary>Maps a digest to a value, whether it is there already or not.</summary>
    /// <exception cref="InvalidOperationException">The digest is new and the table full. Nothing is changed.</exception>
    public void Set(in TDigest digest, int value)
    {
        var at = Find(digest);
        if (at >= 0)
            _entries[at].Value = value;
        else
            Insert(digest, value);
        GC.KeepAlive(this);
    }

    /// <summary>Removes a digest; false when it is absent.</summary>
    public bool Remove(in TDigest digest)
    {
        var at = Find(digest);
        if (at >= 0)
            Vacate(at);
        GC.KeepAlive(this);
        return at >= 0;
    }

    /// <summary>Removes a digest if it maps to the expected value; false, with nothing changed, when it does not.</summary>
    public bool Remove(in TDigest digest, int expectedValue)
    {
        var at = Find(digest);
        var matches = at >= 0 && _entries[at].Value == expectedValue;
        if (matches)
            Vacate(at);
        GC.KeepAlive(this);
        return matches;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        _disposed = true;
        _entries.Dispose();
    }

    private int Find(in TDigest digest)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var at = Home(digest);
        for (var probe = 1; ; probe++, at = Next(at))
        {
            ref var entry = ref _entries[at];

            // An entry nearer to its home than this digest would be here: the digest would have taken its place.
            if (entry.Probe < probe)
                return -1;
            if (entry.Probe == probe && entry.Digest.Equals(digest))
                return at;
        }
    }

    private void Insert(in TDigest digest, int value)
    {
        if (Count == Capacity)
            throw new InvalidOperationException($"The index holds {Capacity} digests and is full: remove one or make it larger.");
        var carried = new Entry { Digest = digest, Value = value, Probe = 1 };
        for (var at = Home(digest); ; carried.Probe++, at = Next(at))
        {
            ref var entry = ref _entries[at];
            if (entry.Probe >= carried.Probe)
                continue;
            (carried, entry) = (entry, carried);
            if (carried.Probe == 0)
                break;
        }

        Count++;
    }

    /// <summary>Empties an entry and moves those after it that are away from home one step nearer to it.</summary>
    private void Vacate(int at)
    {
        for (var next = Next(at); _entries[next].Probe > 1; at = next, next = Next(next))
        {
            _entries[at] = _entries[next];
            _entries[at].Probe--;
        }

        _entries[at] = default;
        Count--;
    }

    private int Home(in TDigest digest) => (int)Math.BigMul(digest.Prefix64 * Spread, (ulong)_entryCount, out _);

    private int Next(int at) => at + 1 == _entryCount ? 0 : at + 1;

    private struct Entry
    {
        public TDigest Digest;
        public int Value;

        /// <summary>Steps from the digest's home, counted from one; zero while the entry is empty.</summary>
        public int Probe;
    }
}
