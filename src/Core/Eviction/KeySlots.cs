namespace Cascade.Core.Eviction;

/// <summary>Finds the slot of a key by the bits of it that stand in the slot itself: six bytes a slot.</summary>
/// <remarks>Linear probing, two thirds full at most, with deletion by backward shift (Knuth, volume 3, 6.4, algorithm R).</remarks>
internal sealed class KeySlots
{
    private const int Free = -1;
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private readonly TrackedBlock[] _blocks;
    private readonly int[] _places;

    public KeySlots(TrackedBlock[] blocks)
    {
        _blocks = blocks;
        _places = new int[blocks.Length + (blocks.Length / 2) + 1];
        Array.Fill(_places, Free);
    }

    public long TableBytes => _places.Length * (long)sizeof(int);

    /// <summary>The slot of a key; -1 when no slot has it.</summary>
    public int Find(ulong key)
    {
        for (var at = Home(key); ; at = Next(at))
        {
            var slot = _places[at];
            if (slot < 0 || _blocks[slot].Key == key)
                return slot;
        }
    }

    /// <summary>Enters a slot under the key that stands in it, in place of another that has the same.</summary>
    public void Set(int slot)
    {
        var key = _blocks[slot].Key;
        var at = Home(key);
        while (_places[at] >= 0 && _blocks[_places[at]].Key != key)
            at = Next(at);
        _places[at] = slot;
    }

    /// <summary>Takes a slot out; false when another one, or none, stands under its key.</summary>
    public bool Remove(int slot)
    {
        var at = Home(_blocks[slot].Key);
        while (_places[at] != slot)
        {
            if (_places[at] < 0)
                return false;
            at = Next(at);
        }
        Vacate(at);
        return true;
    }

    /// <summary>Moves back what would not be found any more past a free place.</summary>
    private void Vacate(int free)
    {
        for (var at = Next(free); _places[at] >= 0; at = Next(at))
        {
            var home = Home(_blocks[_places[at]].Key);
            var isReachable = free <= at ? home > free && home <= at : home > free || home <= at;
            if (isReachable)
                continue;
            _places[free] = _places[at];
            free = at;
        }
        _places[free] = Free;
    }

    private int Home(ulong key) => (int)Math.BigMul(key * Spread, (ulong)_places.Length, out _);

    private int Next(int at) => at + 1 == _places.Length ? 0 : at + 1;
}
