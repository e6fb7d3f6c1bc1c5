namespace Cascade.Core.Eviction;

/// <summary>How the policy knows which resident blocks have resident children.</summary>
public sealed partial class HazardPolicy
{
    /// <summary>Enters a block that stands in its slot: its parent is no leaf any more, nor is it if children wait for it.</summary>
    private void Link(int slot)
    {
        ref var block = ref _blocks[slot];
        if (block.Key != 0)
        {
            // Of two slots under one key the later is the parent of what there is.
            var earlier = _slots.Find(block.Key);
            if (earlier >= 0)
            {
                block.Children = _blocks[earlier].Children;
                _blocks[earlier].Children = 0;
                if (block.Children > 0)
                    PutByAge(earlier);
            }
            else if (_orphans.Remove(block.Key, out var waiting))
            {
                block.Children = waiting;
            }
            _slots.Set(slot);
        }
        if (block.Parent == 0)
            return;
        var parent = _slots.Find(block.Parent);
        if (parent < 0)
        {
            _orphans[block.Parent] = _orphans.GetValueOrDefault(block.Parent) + 1;
            block.IsOrphan = true;
            return;
        }
        block.IsOrphan = _blocks[parent].IsOrphan;
        _blocks[parent].Children++;
        _leaves.Take(parent);
    }

    /// <summary>Takes a block out; its parent may be a leaf again, its children wait for it.</summary>
    private void Unlink(int slot)
    {
        ref var block = ref _blocks[slot];
        if (block.Key != 0 && _slots.Remove(slot) && block.Children > 0)
            _orphans[block.Key] = block.Children;
        if (block.Parent == 0)
            return;
        var parent = _slots.Find(block.Parent);
        if (parent >= 0)
        {
            if (--_blocks[parent].Children == 0)
                PutByAge(parent);
        }
        else if (_orphans[block.Parent] > 1)
        {
            _orphans[block.Parent]--;
        }
        else
        {
            _orphans.Remove(block.Parent);
        }
    }

    /// <summary>Lists a leaf as the next of its list: the rest of a request goes before the next one is begun.</summary>
    private void PutByAge(int slot)
    {
        ref var block = ref _blocks[slot];
        _leaves.Put(slot, _worth.RankOf(block.History.Kind, LevelsMore(block.Size), StepOf(block.History)), isFirst: true);
    }

    /// <summary>
    /// Where there are blocks and no leaf among them, bindings go round in circles: then any block may go, so that wrong bindings do not
    /// wedge a tier.
    /// </summary>
    private bool TryPickFromCircle(Func<uint, bool> mayEvict, out uint slot)
    {
        slot = 0;
        if (_leaves.Count > 0)
            return false;
        for (var i = 0; i < _blocks.Length; i++)
        {
            _circleNext = _circleNext + 1 == _blocks.Length ? 0 : _circleNext + 1;
            if (!_blocks[_circleNext].IsTracked || !mayEvict((uint)_circleNext))
                continue;
            slot = (uint)_circleNext;
            return true;
        }
        return false;
    }
}
