using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Eviction;

/// <summary>Queues of resident slots that only leaves can leave.</summary>
/// <remarks>
/// A block with resident children is set aside when its turn comes, and is the next to leave its queue as soon as the last of them has
/// gone: a chain of cold blocks leaves from its leaf to its root, in constant time a block.
/// </remarks>
internal sealed class LeafQueues(int slotCount) : IDisposable
{
    private readonly PrefixForest _forest = new(slotCount);

    /// <summary>The queues themselves.</summary>
    public SlotQueues Slots { get; } = new(slotCount);

    public KeyDigest KeyOf(int slot) => _forest.KeyOf(slot);

    public bool IsLeaf(int slot) => _forest.IsLeaf(slot);

    /// <exception cref="InvalidOperationException">The slot is tracked.</exception>
    public void ThrowIfTracked(uint slot)
    {
        if (Slots.IsTracked((int)slot))
            throw new InvalidOperationException($"Slot {slot} is tracked already: remove its copy before another one enters it.");
    }

    public void Enter(SlotQueue queue, int slot, in KeyBinding binding, long lengthBytes)
    {
        Slots.Enter(queue, slot, lengthBytes);
        _forest.Add(slot, binding);
    }

    /// <summary>Takes a tracked slot out for good; its parent, a leaf again, comes back to its queue.</summary>
    public void Remove(int slot)
    {
        Slots.Unlink(slot);
        var parent = _forest.Remove(slot);
        if (parent >= 0 && _forest.IsLeaf(parent))
            Slots.PutBack(parent);
    }

    /// <summary>Says whether the slot at the tail of its queue may go; else it is set aside, or, refused, starts at the head again.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="mayEvict">Asked about leaves.</param>
    /// <param name="refusals">One more when it was refused.</param>
    public bool IsVictim(int slot, Func<uint, bool> mayEvict, ref int refusals)
    {
        if (!_forest.IsLeaf(slot))
        {
            Slots.SetAside(slot);
            return false;
        }
        if (mayEvict((uint)slot))
            return true;
        refusals++;
        Slots.MoveToHead(slot);
        return false;
    }

    /// <summary>The next leaf of the queue that may go; -1 when there is none.</summary>
    public int FindLeaf(SlotQueue queue, Func<uint, bool> mayEvict)
    {
        for (var refusals = 0; refusals < Slots.CountOf(queue);)
        {
            var tail = Slots.TailOf(queue);
            if (IsVictim(tail, mayEvict, ref refusals))
                return tail;
        }
        return -1;
    }

    public void Dispose() => _forest.Dispose();
}
