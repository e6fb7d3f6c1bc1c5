using Cascade.Core.Identity;

namespace Cascade.Core.Tracking;

/// <summary>How often this node reads which block: which to promote, and which are worth keeping.</summary>
/// <remarks>
/// One thread at a time; readers write into an <see cref="AccessLog"/> that this drains. Time is counted in reads: after each
/// window of reads every count is halved, so that what was popular once is forgotten. Nothing is allocated after construction.
/// </remarks>
public sealed class AccessTrackerCore
{
    private readonly FrequencySketch _sketch;
    private readonly RemoteHitTable _remoteHits;
    private readonly int _remoteHitsToPromote;

    /// <summary>Lays out the counters.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range.</exception>
    public AccessTrackerCore(AccessTrackerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.ExpectedBlocks);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(settings.ExpectedBlocks, 500_000_000);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.ReadsPerBlock);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.RemoteCandidates);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.RemoteHitsToPromote);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(settings.RemoteHitsToPromote, byte.MaxValue);
        _sketch = new FrequencySketch(settings.ExpectedBlocks, (long)settings.ExpectedBlocks * settings.ReadsPerBlock);
        _remoteHits = new RemoteHitTable(settings.RemoteCandidates);
        _remoteHitsToPromote = settings.RemoteHitsToPromote;
    }

    /// <summary>Counts a read.</summary>
    /// <param name="prefix">Leading word of the block's or the key's digest; one kind throughout.</param>
    public void Record(ulong prefix)
    {
        if (_sketch.Record(prefix))
            _remoteHits.Halve();
    }

    /// <summary>How often it was read lately, 0 to 15: never too low but by ageing, seldom too high.</summary>
    public int Estimate(ulong prefix) => _sketch.Estimate(prefix);

    /// <summary>
    /// Counts a read, and that it came from another node's memory; true when the block is to be promoted to this node's memory.
    /// Counting starts over then, so that a promotion that fails is asked for again after as many reads.
    /// </summary>
    public bool RecordRemoteHit(BlockId id)
    {
        Record(id.Prefix64);
        return _remoteHits.Hit(id, _remoteHitsToPromote);
    }

    /// <summary>Counts what readers wrote into the log, at most as much as it holds; gives how many reads that were.</summary>
    public int Drain(AccessLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        var drained = 0;
        while (drained < log.Capacity && log.TryRead(out var prefix))
        {
            Record(prefix);
            drained++;
        }
        return drained;
    }
}
