using System.Numerics;
using System.Runtime.CompilerServices;

namespace Cascade.Core.Allocation;

/// <summary>A set of granules that finds the greatest member not above a given one in at most six steps up and down.</summary>
/// <remarks>
/// A tree of 64-bit words: a bit of level k+1 says that its word of level k is not empty. It takes 64/63 bit a granule.
/// </remarks>
internal sealed class GranuleBitmap : IDisposable
{
    private const int MaxLevels = 6;

    private readonly NativeTable<ulong> _words;
    private readonly int _levels;
    private LevelStarts _starts;

    public GranuleBitmap(long granules)
    {
        var total = 0L;
        for (var words = WordsFor(granules); ; words = WordsFor(words))
        {
            _starts[_levels++] = total;
            total += words;
            if (words == 1)
                break;
        }

        _words = new NativeTable<ulong>(total);
        LeafWords = WordsFor(granules);
    }

    private long LeafWords { get; }

    public void Add(uint granule)
    {
        var bit = granule;
        for (var level = 0; level < _levels; level++, bit >>= 6)
        {
            ref var word = ref _words[_starts[level] + (bit >> 6)];
            var wasEmpty = word == 0;
            word |= 1UL << (int)(bit & 63);
            if (!wasEmpty)
                return;
        }
    }

    public void Remove(uint granule)
    {
        var bit = granule;
        for (var level = 0; level < _levels; level++, bit >>= 6)
        {
            ref var word = ref _words[_starts[level] + (bit >> 6)];
            word &= ~(1UL << (int)(bit & 63));
            if (word != 0)
                return;
        }
    }

    public bool Contains(uint granule) => IsMarked(0, granule);

    /// <summary>The greatest member not above <paramref name="granule"/>; one must exist.</summary>
    public uint Floor(uint granule)
    {
        var bit = granule;
        var level = 0;
        ulong candidates;
        while ((candidates = _words[_starts[level] + (bit >> 6)] & (ulong.MaxValue >> (63 - (int)(bit & 63)))) == 0)
        {
            bit >>= 6;
            if (bit == 0 || ++level == _levels)
                throw new InvalidOperationException($"No granule at or below {granule} is in the set; granule 0 should be.");
            bit--;
        }

        bit = HighestIn(bit >> 6, candidates);
        while (level-- > 0)
            bit = HighestIn(bit, _words[_starts[level] + bit]);
        return bit;
    }

    /// <summary>Counts the members by looking at every word, and checks the upper levels against the lower.</summary>
    public long CountAndCheck()
    {
        var count = 0L;
        var words = LeafWords;
        for (var level = 0; level < _levels; level++, words = WordsFor(words))
            for (var index = 0L; index < words; index++)
            {
                var word = _words[_starts[level] + index];
                if (level == 0)
                    count += BitOperations.PopCount(word);
                if (level + 1 < _levels && (word != 0) != IsMarked(level + 1, index))
                    throw new InvalidOperationException($"Word {index} of bitmap level {level} and its summary bit disagree.");
            }

        return count;
    }

    public void Dispose() => _words.Dispose();

    private bool IsMarked(int level, long bit) => (_words[_starts[level] + (bit >> 6)] >> (int)(bit & 63) & 1) != 0;

    private static uint HighestIn(uint wordIndex, ulong word) => (wordIndex << 6) | (uint)BitOperations.Log2(word);

    private static long WordsFor(long bits) => (bits + 63) >> 6;

    /// <summary>Where each level begins in the table of words.</summary>
    [InlineArray(MaxLevels)]
    private struct LevelStarts
    {
        private long _first;
    }
}
