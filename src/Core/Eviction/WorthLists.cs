using System.Numerics;

namespace Cascade.Core.Eviction;

/// <summary>The blocks that may leave, in lists of equal worth, each in the order of entering; finds the list of least worth.</summary>
/// <remarks>
/// Blocks whose parent is not resident are of no use here without it: they come before all others, the oldest first.
/// A block that was refused is parked: it comes after all others until it is put into a list again. To enter and to leave takes
/// constant time, to find the least one look at each step of age and at the lists of the steps that changed.
/// </remarks>
internal sealed class WorthLists
{
    private const int Nil = -1;
    private const int Steps = AgeScale.Steps;
    private const int Levels = WorthTable.Levels;

    // Row 0 is for orphans, a row for each level follows.
    private const int Rows = Levels + 1;
    private const int Parked = Rows * Steps;

    private readonly TrackedBlock[] _blocks;
    private readonly WorthTable _worth;
    private readonly int[] _heads = new int[Parked + 1];
    private readonly int[] _tails = new int[Parked + 1];

    // A bit for each row that has blocks of that age: as many as a word has.
    private readonly ulong[] _rowsOfStep = new ulong[Steps];
    private readonly int[] _leastOfStep = new int[Steps];
    private readonly float[] _leastWorthOfStep = new float[Steps];
    private ulong _changedSteps;

    public WorthLists(TrackedBlock[] blocks, WorthTable worth)
    {
        _blocks = blocks;
        _worth = worth;
        Array.Fill(_heads, Nil);
        Array.Fill(_tails, Nil);
        OnWorthChanged();
    }

    public long TableBytes => (_heads.Length + _tails.Length) * (long)sizeof(int);

    /// <summary>Blocks in the lists, the parked ones too.</summary>
    public int Count { get; private set; }

    /// <summary>Blocks that are parked.</summary>
    public int ParkedCount { get; private set; }

    /// <summary>The parked block that was refused longest ago; -1 when there is none.</summary>
    public int FirstParked => _heads[Parked];

    /// <summary>The worth of all lists is another one than before.</summary>
    public void OnWorthChanged() => _changedSteps = (1UL << Steps) - 1;

    /// <summary>Puts a block into a list, out of the one it is in: as the last to leave it, or the first.</summary>
    public void Put(int slot, int level, int step, bool isFirst = false) => Enter(slot, ListOf(slot, level, step), isFirst);

    /// <summary>Parks a block, as the last one to be tried.</summary>
    public void Park(int slot) => Enter(slot, Parked, isFirst: false);

    /// <summary>True when the block stands in the list.</summary>
    public bool IsIn(int slot, int level, int step) => _blocks[slot].List == ListOf(slot, level, step);

    /// <summary>Takes a block out of its list; nothing when it is in none.</summary>
    public void Take(int slot)
    {
        ref var block = ref _blocks[slot];
        int list = block.List;
        if (list == TrackedBlock.NoList)
            return;
        if (block.Previous == Nil)
            _heads[list] = block.Next;
        else
            _blocks[block.Previous].Next = block.Next;
        if (block.Next == Nil)
            _tails[list] = block.Previous;
        else
            _blocks[block.Next].Previous = block.Previous;
        block.List = TrackedBlock.NoList;
        Count--;
        if (list == Parked)
            ParkedCount--;
        else if (_heads[list] == Nil)
            OnEmptyOrNot(list);
    }

    /// <summary>The first block of the list that is worth least, parked ones aside; -1 when there is none.</summary>
    public int FindLeast(out float worth)
    {
        Refresh();
        var least = 0;
        for (var step = 1; step < Steps; step++)
        {
            if (_leastWorthOfStep[step] < _leastWorthOfStep[least])
                least = step;
        }
        worth = _leastWorthOfStep[least];
        return _leastOfStep[least] == Nil ? Nil : _heads[_leastOfStep[least]];
    }

    private int ListOf(int slot, int level, int step) => ((_blocks[slot].IsOrphan ? 0 : level + 1) * Steps) + step;

    private void Enter(int slot, int list, bool isFirst)
    {
        Take(slot);
        ref var block = ref _blocks[slot];
        block.List = (short)list;
        block.Previous = isFirst ? Nil : _tails[list];
        block.Next = isFirst ? _heads[list] : Nil;
        var wasEmpty = _heads[list] == Nil;
        if (block.Previous == Nil)
            _heads[list] = slot;
        else
            _blocks[block.Previous].Next = slot;
        if (block.Next == Nil)
            _tails[list] = slot;
        else
            _blocks[block.Next].Previous = slot;
        Count++;
        if (list == Parked)
            ParkedCount++;
        else if (wasEmpty)
            OnEmptyOrNot(list);
    }

    private void OnEmptyOrNot(int list)
    {
        var step = list % Steps;
        _rowsOfStep[step] ^= 1UL << (list / Steps);
        _changedSteps |= 1UL << step;
    }

    private void Refresh()
    {
        for (; _changedSteps != 0; _changedSteps &= _changedSteps - 1)
        {
            var step = BitOperations.TrailingZeroCount(_changedSteps);
            var (least, leastWorth) = (Nil, float.PositiveInfinity);
            for (var rows = _rowsOfStep[step]; rows != 0; rows &= rows - 1)
            {
                var row = BitOperations.TrailingZeroCount(rows);
                var worth = row == 0 ? -1 - step : _worth.WorthOf(row - 1, step);
                if (worth < leastWorth)
                    (least, leastWorth) = ((row * Steps) + step, worth);
            }
            _leastOfStep[step] = least;
            _leastWorthOfStep[step] = leastWorth;
        }
    }
}
