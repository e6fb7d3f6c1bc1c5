using Cascade.Core.Sharding;

namespace Cascade.Core.Ownership;

/// <summary>Arithmetic of sets of shards: each answer is a new set.</summary>
internal static class ShardSets
{
    public static ShardSet And(this ShardSet left, ShardSet right) => Combine(left, right, static (a, b) => a & b);

    public static ShardSet Or(this ShardSet left, ShardSet right) => Combine(left, right, static (a, b) => a | b);

    public static ShardSet Except(this ShardSet left, ShardSet right) => Combine(left, right, static (a, b) => a & ~b);

    private static ShardSet Combine(ShardSet left, ShardSet right, Func<ulong, ulong, ulong> combine)
    {
        Span<ulong> words = stackalloc ulong[ShardSet.WordCount];
        for (var i = 0; i < words.Length; i++)
            words[i] = combine(left.Words[i], right.Words[i]);
        return ShardSet.Of(words);
    }
}
