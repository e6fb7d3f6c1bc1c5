using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Core.Cold;

/// <summary>The blocks that owners know of, by shard, and what each shard adds up to.</summary>
internal sealed class ToldBlocks
{
    private readonly LogEntry?[] _heads = new LogEntry?[ShardMap.Shards];
    private readonly ShardTally[] _tallies = new ShardTally[ShardMap.Shards];

    public ShardTally TallyOf(int shard) => _tallies[shard];

    public IEnumerable<LogEntry> In(int shard)
    {
        for (var entry = _heads[shard]; entry is not null; entry = entry.NextTold)
            yield return entry;
    }

    /// <summary>Takes a block in that was not told; its generation is not to change while it is in.</summary>
    public void Add(LogEntry entry)
    {
        ref var head = ref _heads[ShardMap.ShardOf(entry.Id.Prefix64)];
        (entry.NextTold, entry.PreviousTold) = (head, null);
        head?.PreviousTold = entry;
        head = entry;
        Count(entry, +1);
        entry.IsTold = true;
    }

    /// <summary>Takes a block out that was told.</summary>
    public void Remove(LogEntry entry)
    {
        entry.IsTold = false;
        Count(entry, -1);
        if (entry.PreviousTold is { } previous)
            previous.NextTold = entry.NextTold;
        else
            _heads[ShardMap.ShardOf(entry.Id.Prefix64)] = entry.NextTold;
        entry.NextTold?.PreviousTold = entry.PreviousTold;
        (entry.NextTold, entry.PreviousTold) = (null, null);
    }

    private void Count(LogEntry entry, int change)
    {
        ref var tally = ref _tallies[ShardMap.ShardOf(entry.Id.Prefix64)];
        tally = tally.With(entry.Id, 0, entry.Generation, change);
    }
}
