using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Sharding;

namespace Cascade.Core.Ownership;

/// <summary>The directory of the copies, anywhere in the cluster, of the blocks in the shards that this node owns.</summary>
/// <remarks>
/// Thread-safe, a lock a shard. Block owners change it through <see cref="ICopyDirectory"/>; the rest is for the <see cref="CopyLoaderCore"/> alone, which says
/// which shards are here and fills them with what tiers report. A report is put in directly, beside the owners that are alive: they read again
/// when <see cref="Version"/> rose. What is told of shards that are not here is not kept.
/// </remarks>
public sealed class CopyDirectory : ICopyDirectory
{
    private readonly DirectoryShard?[] _shards = new DirectoryShard?[ShardMap.Shards];
    private long _version;

    /// <inheritdoc/>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Blocks with a known copy, in all shards.</summary>
    public int Blocks
    {
        get
        {
            var count = 0;
            for (var i = 0; i < _shards.Length; i++)
            {
                if (At(i) is not { } shard)
                    continue;
                lock (shard.Gate)
                    count += shard.Count;
            }
            return count;
        }
    }

    /// <inheritdoc/>
    public void Read(BlockId id, List<CopyLocation> into)
    {
        if (Of(id) is not { } shard)
            return;
        lock (shard.Gate)
            shard.CopiesOf(id, into);
    }

    /// <inheritdoc/>
    public void Add(BlockId id, in CopyLocation copy)
    {
        if (Of(id) is not { } shard)
            return;
        lock (shard.Gate)
            shard.Add(id, copy);
    }

    /// <inheritdoc/>
    public void Remove(BlockId id, in CopyLocation copy)
    {
        if (Of(id) is not { } shard)
            return;
        lock (shard.Gate)
            shard.Remove(id, copy);
    }

    /// <inheritdoc/>
    public bool IsComplete(BlockId id) => Of(id) is { IsComplete: true };

    /// <inheritdoc/>
    public bool IsReported(BlockId id, TierAddress tier)
    {
        if (Of(id) is not { } shard)
            return false;
        lock (shard.Gate)
            return shard.IsReported(tier);
    }

    /// <summary>A shard is here from now on, with nothing known of it: not complete, and these tiers have yet to report.</summary>
    internal void Open(int shard, IEnumerable<TierAddress> tiers)
    {
        var opened = new DirectoryShard();
        foreach (var tier in tiers)
            opened.Expect(tier);
        Volatile.Write(ref _shards[shard], opened);
    }

    /// <summary>A shard is not here any more.</summary>
    internal void Close(int shard) => Volatile.Write(ref _shards[shard], null);

    /// <summary>A tier that came has yet to report.</summary>
    internal void Expect(int shard, TierAddress tier)
    {
        if (At(shard) is not { } known)
            return;
        lock (known.Gate)
            known.Expect(tier);
    }

    /// <summary>Takes in what a tier reports of shards in which it has not reported yet.</summary>
    /// <param name="tier">The tier.</param>
    /// <param name="shards">Shards that count: copies in others are passed over.</param>
    /// <param name="blocks">The copies.</param>
    /// <param name="isLast">True when that is all of it.</param>
    internal void Take(TierAddress tier, ShardSet shards, IReadOnlyList<HeldBlock> blocks, bool isLast)
    {
        for (var i = 0; i < blocks.Count; i++)
        {
            var number = ShardMap.ShardOf(blocks[i].Id.Prefix64);
            if (!shards.Contains(number) || At(number) is not { } shard)
                continue;
            lock (shard.Gate)
                shard.AddReported(blocks[i].Id, blocks[i].At(tier));
        }
        // Owners read what was added before they are asked about a tier that has reported: see IsReported.
        Interlocked.Increment(ref _version);
        if (!isLast)
            return;
        foreach (var number in shards.Shards())
        {
            if (At(number) is not { } shard)
                continue;
            lock (shard.Gate)
                shard.SetReported(tier);
        }
    }

    /// <summary>Says whether all copies of a shard's blocks are known.</summary>
    internal void SetComplete(int shard, bool isComplete)
    {
        if (At(shard) is { } known)
            known.IsComplete = isComplete;
    }

    /// <summary>What the copies of a tier in a shard add up to.</summary>
    internal ShardTally TallyOf(int shard, TierAddress tier)
    {
        if (At(shard) is not { } known)
            return default;
        lock (known.Gate)
            return known.TallyOf(tier);
    }

    /// <summary>Adds the copies of a tier in a shard to a list.</summary>
    internal void CopiesIn(int shard, TierAddress tier, List<HeldBlock> into)
    {
        if (At(shard) is not { } known)
            return;
        lock (known.Gate)
            known.CopiesIn(tier, into);
    }

    /// <summary>Forgets all copies on nodes that are not there.</summary>
    internal void ForgetAll(Func<NodeId, bool> isThere)
    {
        var forgot = false;
        for (var i = 0; i < _shards.Length; i++)
        {
            if (At(i) is not { } shard)
                continue;
            lock (shard.Gate)
                forgot |= shard.ForgetAll(isThere);
        }
        if (forgot)
            Interlocked.Increment(ref _version);
    }

    private DirectoryShard? At(int shard) => Volatile.Read(ref _shards[shard]);

    private DirectoryShard? Of(BlockId id) => At(ShardMap.ShardOf(id.Prefix64));
}
