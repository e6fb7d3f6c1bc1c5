using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Ownership;

/// <summary>
/// The last few copies that went, so that an announcement that was delayed on its way does not bring one back.
/// </summary>
/// <remarks>
/// For a while only: a removal may itself be late and mean an earlier life of the node, in which a copy of the block lay where one lies now. Its tier
/// tells of that again and again.
/// </remarks>
internal sealed class RemovedCopies(int capacity, TimeSpan rememberFor)
{
    private readonly List<(CopyLocation Copy, bool WasDeleted, TimeSpan Until)> _copies = new(1);

    /// <param name="now">The time.</param>
    /// <param name="copy">The copy; earlier generations of its slot are gone with it.</param>
    /// <param name="wasDeleted">True when the block was deleted: the tier is to drop the copy should it announce it
    /// again.</param>
    public void Add(TimeSpan now, in CopyLocation copy, bool wasDeleted)
    {
        var known = Find(copy);
        if (known >= 0)
        {
            var (old, oldWasDeleted, _) = _copies[known];
            var age = copy.GenerationsAfter(old);
            if (age < 0)
                return;
            _copies.RemoveAt(known);
            wasDeleted |= age == 0 && oldWasDeleted;
        }
        else if (_copies.Count >= capacity)
        {
            if (capacity == 0)
                return;
            _copies.RemoveAt(0);
        }
        _copies.Add((copy, wasDeleted, Deadline.After(now, rememberFor)));
    }

    /// <summary>True when the copy is known to be gone.</summary>
    public bool Covers(TimeSpan now, in CopyLocation copy, out bool wasDeleted)
    {
        _copies.RemoveAll(removed => removed.Until <= now);
        var known = Find(copy);
        wasDeleted = known >= 0 && _copies[known].WasDeleted;
        return known >= 0 && copy.GenerationsAfter(_copies[known].Copy) <= 0;
    }

    /// <summary>A node is gone: in its next life the generations may begin anew.</summary>
    public void Forget(NodeId node) => _copies.RemoveAll(removed => removed.Copy.Node == node);

    private int Find(in CopyLocation copy)
    {
        for (var i = 0; i < _copies.Count; i++)
        {
            if (_copies[i].Copy.SharesSlotWith(copy))
                return i;
        }
        return -1;
    }
}
