using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Core.Tiering;

/// <summary>The slots with copies, by the shard of their blocks: lists through the slots, and what each adds up to.</summary>
internal sealed class ShardChains
{
    private const int None = -1;
    private const int Outside = -2;

    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int[] _heads = new int[ShardMap.Shards];
    private readonly ShardTally[] _tallies = new ShardTally[ShardMap.Shards];

    public ShardChains(int slotCount)
    {
        _next = new int[slotCount];
        _previous = new int[slotCount];
        Array.Fill(_previous, Outside);
        Array.Fill(_heads, None);
    }

    public ShardTally TallyOf(int shard) => _tallies[shard];

    public bool Contains(uint slot) => _previous[slot] != Outside;

    public IEnumerable<uint> SlotsOf(int shard)
    {
        for (var slot = _heads[shard]; slot != None; slot = _next[slot])
            yield return (uint)slot;
    }

    public void Add(in HeldBlock block)
    {
        var (shard, slot) = (ShardMap.ShardOf(block.Id.Prefix64), (int)block.Slot);
        (_next[slot], _previous[slot]) = (_heads[shard], None);
        if (_heads[shard] != None)
            _previous[_heads[shard]] = slot;
        _heads[shard] = slot;
        _tallies[shard] = _tallies[shard].With(block.Id, block.Slot, block.Generation, +1);
    }

    /// <summary>Takes a slot out; false when it is not in.</summary>
    public bool TryRemove(in HeldBlock block)
    {
        if (!Contains(block.Slot))
            return false;
        var (shard, slot) = (ShardMap.ShardOf(block.Id.Prefix64), (int)block.Slot);
        var (next, previous) = (_next[slot], _previous[slot]);
        if (previous == None)
            _heads[shard] = next;
        else
            _next[previous] = next;
        if (next != None)
            _previous[next] = previous;
        _previous[slot] = Outside;
        _tallies[shard] = _tallies[shard].With(block.Id, block.Slot, block.Generation, -1);
        return true;
    }
}
