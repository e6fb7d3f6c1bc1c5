using Cascade.Core.Identity;

namespace Cascade.Core.Tracking;

/// <summary>Counts the reads of blocks that lie on other nodes, and says which are worth a copy here. Thread-safe.</summary>
/// <remarks>
/// Exact for as many blocks as it keeps; the one that was read least gives way. Time is counted in reads: after each window of them every count is halved, so that
/// what was read now and then is never promoted. Nothing is allocated after construction.
/// </remarks>
public sealed class RemoteHits
{
    private readonly Lock _turn = new();
    private readonly RemoteHitTable _table;
    private readonly int _hitsToPromote;
    private readonly long _window;
    private long _hits;

    /// <summary>Starts with no counts.</summary>
    /// <param name="hitsToPromote">Reads that make a block worth a copy: 1 to 255.</param>
    /// <param name="candidates">Blocks that are counted at a time: at least 1, 40 bytes each.</param>
    /// <param name="windowReads">Reads after which all counts are halved: at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public RemoteHits(int hitsToPromote = 3, int candidates = 8192, long windowReads = 65_536)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(hitsToPromote);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hitsToPromote, byte.MaxValue);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(candidates);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(windowReads);
        (_table, _hitsToPromote, _window) = (new RemoteHitTable(candidates), hitsToPromote, windowReads);
    }

    /// <summary>
    /// Counts a read from another node's memory. True when its owner is to be asked for a copy here, by <see cref="Messages.Promote"/>; counting starts over then, so that
    /// a promotion that fails is asked for again after as many reads.
    /// </summary>
    public bool Note(BlockId id)
    {
        lock (_turn)
        {
            var isDue = _table.Hit(id, _hitsToPromote);
            if (++_hits >= _window)
            {
                _hits = 0;
                _table.Halve();
            }

            return isDue;
        }
    }
}
