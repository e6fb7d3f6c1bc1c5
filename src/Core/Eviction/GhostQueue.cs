using Cascade.Core.Identity;
using Cascade.Core.Indexing;

namespace Cascade.Core.Eviction;

/// <summary>The keys that were given up last, up to a fixed number: the oldest makes room for the newest.</summary>
internal sealed class GhostQueue : IDisposable
{
    private readonly KeyDigest[] _ring;
    private readonly DigestIndex<KeyDigest> _positions;
    private int _next;

    public GhostQueue(int capacity)
    {
        _ring = new KeyDigest[capacity];
        _positions = new DigestIndex<KeyDigest>(capacity);
    }

    public int Count => _positions.Count;

    public void Remember(in KeyDigest key)
    {
        if (key.IsZero)
            return;
        // The key may stand further back already; that place is found stale when its turn comes.
        var oldest = _ring[_next];
        if (!oldest.IsZero)
            _positions.Remove(oldest, _next);
        _ring[_next] = key;
        _positions.Set(key, _next);
        _next = _next + 1 == _ring.Length ? 0 : _next + 1;
    }

    /// <summary>Takes the key out; false when it is not remembered.</summary>
    public bool Forget(in KeyDigest key) => _positions.Remove(key);

    public void Dispose() => _positions.Dispose();
}
