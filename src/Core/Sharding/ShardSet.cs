using System.Numerics;

namespace Cascade.Core.Sharding;

/// <summary>A set of shards: one bit for each of <see cref="ShardMap.Shards"/>. Not thread-safe while it is changed.</summary>
public sealed class ShardSet : IEquatable<ShardSet>
{
    /// <summary>Words that hold the set, the lowest shard in the lowest bit of the first.</summary>
    public const int WordCount = ShardMap.Shards / 64;

    private readonly ulong[] _words = new ulong[WordCount];

    /// <summary>The words; <see cref="WordCount"/> of them.</summary>
    public ReadOnlySpan<ulong> Words => _words;

    /// <summary>How many shards are in it.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            foreach (var word in _words)
                count += BitOperations.PopCount(word);
            return count;
        }
    }

    /// <summary>True when no shard is in it.</summary>
    public bool IsEmpty => !_words.AsSpan().ContainsAnyExcept(0UL);

    /// <summary>All shards.</summary>
    public static ShardSet All()
    {
        var all = new ShardSet();
        Array.Fill(all._words, ulong.MaxValue);
        return all;
    }

    /// <summary>A set of these words.</summary>
    /// <exception cref="ArgumentException">There are not <see cref="WordCount"/> of them.</exception>
    public static ShardSet Of(ReadOnlySpan<ulong> words)
    {
        if (words.Length != WordCount)
            throw new ArgumentException($"A set of shards has {WordCount} words, not {words.Length}.", nameof(words));
        var set = new ShardSet();
        words.CopyTo(set._words);
        return set;
    }

    /// <summary>True when the shard is in it.</summary>
    /// <param name="shard">0 to <see cref="ShardMap.Shards"/> - 1.</param>
    public bool Contains(int shard) => (_words[shard >> 6] >> shard & 1) != 0;

    /// <summary>Takes a shard in; false when it is in already.</summary>
    /// <param name="shard">0 to <see cref="ShardMap.Shards"/> - 1.</param>
    public bool Add(int shard)
    {
        if (Contains(shard))
            return false;
        _words[shard >> 6] |= 1UL << shard;
        return true;
    }

    /// <summary>Takes a shard out; false when it is not in.</summary>
    /// <param name="shard">0 to <see cref="ShardMap.Shards"/> - 1.</param>
    public bool Remove(int shard)
    {
        if (!Contains(shard))
            return false;
        _words[shard >> 6] &= ~(1UL << shard);
        return true;
    }

    /// <summary>The shards in it, lowest first.</summary>
    public IEnumerable<int> Shards()
    {
        for (var word = 0; word < WordCount; word++)
        {
            for (var left = _words[word]; left != 0; left &= left - 1)
                yield return (word << 6) + BitOperations.TrailingZeroCount(left);
        }
    }

    /// <inheritdoc/>
    public bool Equals(ShardSet? other) => other is not null && _words.AsSpan().SequenceEqual(other._words);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ShardSet);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_words[0], Count);
}
