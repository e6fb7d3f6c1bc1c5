using Cascade.Core.Clocks;
using Cascade.Core.Identity;

namespace Cascade.Core.Indices;

/// <summary>The deletions that are remembered, oldest first: each is due to be forgotten by its age or by their number.</summary>
internal sealed class TombstoneQueue(int maxCount, TimeSpan maxAge)
{
    private readonly Queue<(KeyDigest Key, HybridTimestamp Stamp, TimeSpan Since)> _queue = new();

    /// <summary>When the oldest is due by its age; null when there is none.</summary>
    public TimeSpan? NextDeadline => _queue.TryPeek(out var oldest) ? Deadline.After(oldest.Since, maxAge) : null;

    public void Add(TimeSpan now, in KeyDigest key, HybridTimestamp stamp) => _queue.Enqueue((key, stamp, now));

    /// <summary>Takes the oldest one if it is due. The key may have been bound or deleted again since.</summary>
    public bool TryTakeDue(TimeSpan now, out KeyDigest key, out HybridTimestamp stamp)
    {
        (key, stamp) = (default, default);
        if (!_queue.TryPeek(out var oldest) || (_queue.Count <= maxCount && now - oldest.Since < maxAge))
            return false;
        _queue.Dequeue();
        (key, stamp) = (oldest.Key, oldest.Stamp);
        return true;
    }
}
