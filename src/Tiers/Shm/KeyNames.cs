using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Tiers.Shm;

/// <summary>
/// Which keys name which copies: a copy's own key in its descriptor, further ones in alias entries that are linked to it. The tier's thread
/// alone changes it; readers see changes through <see cref="Index"/>, the descriptors and <see cref="BlockOf"/>.
/// </summary>
internal sealed class KeyNames
{
    private const uint None = uint.MaxValue;

    private readonly DescriptorTable _table;
    private readonly PinTable _pins;
    private readonly SlotPool _slots;
    private readonly uint[] _block;
    private readonly uint[] _before;
    private readonly uint[] _after;

    public KeyNames(DescriptorTable table, PinTable pins, SlotPool slots)
    {
        (_table, _pins, _slots) = (table, pins, slots);
        (_block, _before, _after) = (new uint[table.Count], new uint[table.Count], new uint[table.Count]);
        Array.Fill(_after, None);
        Index = new SlotIndex(table.Count);
    }

    /// <summary>From a key to the entries that hold it.</summary>
    public SlotIndex Index { get; }

    /// <summary>The slot of the block that an entry names: itself unless it is an alias. Any thread, under the entry's generation.</summary>
    public uint BlockOf(uint slot) => _table[slot].Kind == DescriptorKind.Alias ? Volatile.Read(ref _block[slot]) : slot;

    /// <summary>Finds the entry by which a key names a copy.</summary>
    public bool TryLocate(KeyDigest key, out uint slot)
    {
        for (var cursor = Index.Find(key.Prefix64); cursor.MoveNext();)
        {
            ref var entry = ref _table[cursor.Slot];
            if (entry.Key != key || !entry.NamesBlock)
                continue;
            slot = cursor.Slot;
            return true;
        }

        slot = 0;
        return false;
    }

    /// <summary>Lets readers find a copy by its own key.</summary>
    public void AddOwn(uint slot) => Index.Add(_table[slot].Key.Prefix64, slot);

    /// <summary>Records a further key of the block in <paramref name="block"/>; false when no entry is free.</summary>
    public bool TryAddAlias(uint block, in KeyBinding binding)
    {
        if (!_slots.TryTake(out var slot))
            return false;
        _table.BeginChange(slot);
        var generation = _table.Commit(slot, Descriptor.Alias(_table[block].Id, binding));
        Adopt(slot, block, generation);
        return true;
    }

    /// <summary>Links an alias entry that is in the table already to its block, and lets readers find it.</summary>
    public void Adopt(uint slot, uint block, uint generation)
    {
        var first = _after[block];
        (_before[slot], _after[slot], _after[block]) = (block, first, slot);
        if (first != None)
            _before[first] = slot;
        Volatile.Write(ref _block[slot], block);
        _pins.SetLive(slot, generation, unverified: false);
        Index.Add(_table[slot].Key.Prefix64, slot);
    }

    /// <summary>Takes the key of an entry off its block; an alias entry becomes free.</summary>
    /// <remarks>
    /// The index goes first: a reader that still finds the entry there and is then refused by it sees that the index has changed, and looks again.
    /// </remarks>
    public void Drop(uint slot)
    {
        Index.Remove(_table[slot].Key.Prefix64, slot);
        if (_table[slot].Kind != DescriptorKind.Alias)
        {
            _table.RetireKey(slot);
            return;
        }

        var (before, after) = (_before[slot], _after[slot]);
        _after[before] = after;
        if (after != None)
            _before[after] = before;
        _after[slot] = None;
        _pins.SetVacant(slot, _table[slot].Generation);
        _pins.SetVacant(slot, _table.Clear(slot));
        _slots.Return(slot);
    }

    /// <summary>Takes all keys off a copy that is being freed.</summary>
    public void DropAll(uint block)
    {
        while (_after[block] != None)
            Drop(_after[block]);
        if (_table[block].NamesBlock)
            Index.Remove(_table[block].Key.Prefix64, block);
    }

    /// <summary>Lists the keys of a copy: its own, then aliases.</summary>
    public void Collect(uint block, List<KeyBinding> into)
    {
        if (_table[block].NamesBlock)
            into.Add(_table[block].Binding);
        for (var alias = _after[block]; alias != None; alias = _after[alias])
            into.Add(_table[alias].Binding);
    }

    /// <summary>The first key that names a copy; the default when none does.</summary>
    public KeyBinding FirstOf(uint block)
    {
        if (_table[block].NamesBlock)
            return _table[block].Binding;
        return _after[block] != None ? _table[_after[block]].Binding : default;
    }
}
