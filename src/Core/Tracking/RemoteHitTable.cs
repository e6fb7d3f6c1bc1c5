using System.Numerics;
using Cascade.Core.Identity;

namespace Cascade.Core.Tracking;

/// <summary>Exact counts for a fixed number of blocks: sets of eight, of which the least counted one gives way.</summary>
internal sealed class RemoteHitTable
{
    private const int Ways = 8;

    // 2^64 over the golden ratio: spreads the blocks of one shard, whose prefixes may agree in some bits.
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private readonly BlockId[] _ids;
    private readonly byte[] _counts;
    private readonly int _sets;
    private uint _hand;

    public RemoteHitTable(int capacity)
    {
        _sets = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, (capacity + Ways - 1) / Ways));
        _ids = new BlockId[_sets * Ways];
        _counts = new byte[_sets * Ways];
    }

    /// <summary>
    /// Counts a hit; true when it is the one that makes <paramref name="threshold"/>, and counting starts over.
    /// </summary>
    public bool Hit(BlockId id, int threshold)
    {
        var at = Find(id);
        if (_counts[at] == 0 || _ids[at] != id)
        {
            _ids[at] = id;
            _counts[at] = 0;
        }
        if (++_counts[at] < threshold)
            return false;
        _counts[at] = 0;
        return true;
    }

    public void Halve()
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] >>= 1;
    }

    /// <summary>The block's place, or that of the one that gives way to it.</summary>
    private int Find(BlockId id)
    {
        var first = (int)Math.BigMul(id.Prefix64 * Spread, (ulong)_sets, out _) * Ways;
        // The search for the least starts elsewhere each time, so that equals give way in turn.
        var start = (int)(_hand++ % Ways);
        var least = first + start;
        for (var i = 0; i < Ways; i++)
        {
            var at = first + ((start + i) % Ways);
            if (_counts[at] > 0 && _ids[at] == id)
                return at;
            if (_counts[at] < _counts[least])
                least = at;
        }
        return least;
    }
}
