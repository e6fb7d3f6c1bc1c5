using System.Numerics;

namespace Cascade.Core.Eviction;

/// <summary>The blocks that may leave, in a list for each rank of worth, each in the order of entering.</summary>
/// <remarks>
/// Blocks whose parent is not resident are of no use here without it: they come before all others. A block that was refused is
/// parked: it comes after all others until it is put into a list again. All takes constant time.
/// </remarks>
internal sealed class WorthLists
{
    private const int Nil = -1;
    private const int Orphans = 0;
    private const int Parked = WorthTable.RankMax + 1;
    private const int WordBits = 64;

    private readonly TrackedBlock[] _blocks;
    private readonly int[] _heads = new int[Parked + 1];
    private readonly int[] _tails = new int[Parked + 1];

    // A bit for each list that has blocks, the parked ones' aside.
    private readonly ulong[] _taken = new ulong[(Parked / WordBits) + 1];

    // A bit for each word of those that is not zero.
    private readonly ulong[] _takenWords = new ulong[(Parked / WordBits / WordBits) + 1];

    public WorthLists(TrackedBlock[] blocks)
    {
        _blocks = blocks;
        Array.Fill(_heads, Nil);
        Array.Fill(_tails, Nil);
    }

    public long TableBytes => (_heads.Length + _tails.Length) * (long)sizeof(int);

    /// <summary>Blocks in the lists, the parked ones too.</summary>
    public int Count { get; private set; }

    /// <summary>Blocks that are parked.</summary>
    public int ParkedCount { get; private set; }

    /// <summary>The parked block that was refused longest ago; -1 when there is none.</summary>
    public int FirstParked => _heads[Parked];

    /// <summary>Puts a block into the list of its rank, out of the one it is in: as the last to leave it, or the first.</summary>
    public void Put(int slot, int rank, bool isFirst = false) => Enter(slot, _blocks[slot].IsOrphan ? Orphans : rank, isFirst);

    /// <summary>Parks a block, as the last one to be tried.</summary>
    public void Park(int slot) => Enter(slot, Parked, isFirst: false);

    /// <summary>True when the block stands in the list of its rank.</summary>
    public bool IsIn(int slot, int rank) => _blocks[slot].List == (_blocks[slot].IsOrphan ? Orphans : rank);

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
            MarkEmpty(list);
    }

    /// <summary>The first block of the list that is worth least, parked ones aside; -1 when there is none.</summary>
    /// <param name="rank">The rank of its worth; 0 for a block without its parent.</param>
    public int FindLeast(out int rank)
    {
        for (var group = 0; group < _takenWords.Length; group++)
        {
            if (_takenWords[group] == 0)
                continue;
            var word = (group * WordBits) + BitOperations.TrailingZeroCount(_takenWords[group]);
            rank = (word * WordBits) + BitOperations.TrailingZeroCount(_taken[word]);
            return _heads[rank];
        }
        rank = 0;
        return Nil;
    }

    private void Enter(int slot, int list, bool isFirst)
    {
        Take(slot);
        ref var block = ref _blocks[slot];
        block.List = (short)list;
        block.Previous = isFirst ? Nil : _tails[list];
        block.Next = isFirst ? _heads[list] : Nil;
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
        else
            MarkTaken(list);
    }

    private void MarkTaken(int list)
    {
        var word = list / WordBits;
        _taken[word] |= 1UL << (list % WordBits);
        _takenWords[word / WordBits] |= 1UL << (word % WordBits);
    }

    private void MarkEmpty(int list)
    {
        var word = list / WordBits;
        _taken[word] &= ~(1UL << (list % WordBits));
        if (_taken[word] == 0)
            _takenWords[word / WordBits] &= ~(1UL << (word % WordBits));
    }
}
