using Cascade.Core.Identity;
using Cascade.Core.Indexing;
using Cascade.Core.Placement;

namespace Cascade.Core.Eviction;

/// <summary>Which resident block continues which: slots linked to the slot of their parent key.</summary>
/// <remarks>
/// Children whose parent is not resident wait in a list under the parent's key and are linked when it arrives. A link that would
/// close a circle is left out, so that no set of bindings, however wrong, makes blocks that never go.
/// </remarks>
internal sealed class PrefixForest : IDisposable
{
    private const int Nil = -1;

    private readonly KeyDigest[] _keys;
    private readonly KeyDigest[] _parentKeys;
    private readonly int[] _parents;
    private readonly int[] _firstChild;
    private readonly int[] _nextSibling;
    private readonly int[] _previousSibling;
    private readonly DigestIndex<KeyDigest> _slots;

    /// <summary>Key of a parent that is not resident to the first of the slots that wait for it.</summary>
    private readonly DigestIndex<KeyDigest> _orphans;

    public PrefixForest(int slotCount)
    {
        _keys = new KeyDigest[slotCount];
        _parentKeys = new KeyDigest[slotCount];
        _parents = new int[slotCount];
        _firstChild = new int[slotCount];
        _nextSibling = new int[slotCount];
        _previousSibling = new int[slotCount];
        _slots = new DigestIndex<KeyDigest>(slotCount);
        _orphans = new DigestIndex<KeyDigest>(slotCount);
    }

    public bool IsLeaf(int slot) => _firstChild[slot] == Nil;

    public KeyDigest KeyOf(int slot) => _keys[slot];

    public void Add(int slot, in KeyBinding binding)
    {
        _keys[slot] = binding.Key;
        _parentKeys[slot] = binding.Parent;
        _firstChild[slot] = Nil;
        LinkToParent(slot);
        if (binding.Key.IsZero)
            return;
        // Of two slots under one key the later is the parent of what comes; children of the earlier join it when that one goes.
        _slots.Set(binding.Key, slot);
        if (_orphans.TryGet(binding.Key, out var orphan))
        {
            _orphans.Remove(binding.Key);
            Relink(orphan);
        }
    }

    /// <summary>Takes a slot out; its children wait for its key again. Gives the slot of its parent, or -1.</summary>
    public int Remove(int slot)
    {
        var parent = _parents[slot];
        Unlink(slot);
        if (!_keys[slot].IsZero)
            _slots.Remove(_keys[slot], slot);
        var child = _firstChild[slot];
        _firstChild[slot] = Nil;
        Relink(child);
        return parent;
    }

    public void Dispose()
    {
        _slots.Dispose();
        _orphans.Dispose();
    }

    /// <summary>Links each slot of a list that hangs nowhere to what its parent key names now.</summary>
    private void Relink(int first)
    {
        for (var slot = first; slot != Nil;)
        {
            var next = _nextSibling[slot];
            LinkToParent(slot);
            slot = next;
        }
    }

    private void LinkToParent(int slot)
    {
        _parents[slot] = Nil;
        _previousSibling[slot] = Nil;
        _nextSibling[slot] = Nil;
        var parentKey = _parentKeys[slot];
        if (parentKey.IsZero)
            return;
        int first;
        if (!_slots.TryGet(parentKey, out var parent))
        {
            first = _orphans.TryGet(parentKey, out var waiting) ? waiting : Nil;
            _orphans.Set(parentKey, slot);
        }
        else
        {
            if (IsAncestor(slot, parent))
                return;
            _parents[slot] = parent;
            first = _firstChild[parent];
            _firstChild[parent] = slot;
        }
        _nextSibling[slot] = first;
        if (first != Nil)
            _previousSibling[first] = slot;
    }

    /// <summary>True when a slot that hangs nowhere is at the top of the other's tree; only one with children can be.</summary>
    private bool IsAncestor(int slot, int other)
    {
        if (IsLeaf(slot) && slot != other)
            return false;
        var top = other;
        while (_parents[top] != Nil)
            top = _parents[top];
        return top == slot;
    }

    private void Unlink(int slot)
    {
        int previous = _previousSibling[slot], next = _nextSibling[slot];
        if (next != Nil)
            _previousSibling[next] = previous;
        if (previous != Nil)
            _nextSibling[previous] = next;
        else if (_parents[slot] != Nil)
            _firstChild[_parents[slot]] = next;
        else if (next != Nil)
            _orphans.Set(_parentKeys[slot], next);
        else if (!_parentKeys[slot].IsZero)
            _orphans.Remove(_parentKeys[slot], slot);
    }
}
