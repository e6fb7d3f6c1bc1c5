using System.Numerics;

namespace Cascade.Core.Tracking;

/// <summary>Approximate counts of up to 15 a block, that are halved as reads go on, in a fixed few bytes a block.</summary>
/// <remarks>
/// A count-min sketch of four rows of 4-bit counters (Cormode, Muthukrishnan, 2005) with conservative update, aged by halving as
/// in TinyLFU (Einziger, Friedman, Manes: "TinyLFU", ACM ToS 2017). It never counts too low within a window, up to 15. One thread
/// at a time.
/// </remarks>
internal sealed class FrequencySketch
{
    public const int MaxCount = 15;

    private const int Rows = 4;
    private const int CounterBits = 4;
    private const int CountersPerWord = 64 / CounterBits;
    private const ulong LowBitsOfHalves = 0x7777_7777_7777_7777;

    // Odd numbers with well-mixed bits, one a row: a digest's prefix is uniform, and each row takes other bits of the product.
    private static readonly ulong[] RowMultipliers =
        [0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93];

    private readonly ulong[] _words;
    private readonly int _countersPerRow;
    private readonly int _shift;
    private readonly long _window;
    private long _reads;

    /// <param name="expectedBlocks">Each row has at least as many counters.</param>
    /// <param name="window">Reads after which all counts are halved.</param>
    public FrequencySketch(int expectedBlocks, long window)
    {
        _countersPerRow = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(expectedBlocks, CountersPerWord));
        _shift = 64 - BitOperations.Log2((uint)_countersPerRow);
        _words = new ulong[(long)Rows * _countersPerRow / CountersPerWord];
        _window = window;
    }

    /// <summary>Counts a read; true when it ended a window and all counts were halved.</summary>
    public bool Record(ulong prefix)
    {
        var count = Estimate(prefix);
        if (count < MaxCount)
        {
            // Only the counters that hold the estimate rise: the others are too high already, by other blocks.
            for (var row = 0; row < Rows; row++)
            {
                var (word, shift) = Locate(prefix, row);
                if (CountAt(word, shift) == count)
                    _words[word] += 1UL << shift;
            }
        }
        if (++_reads < _window)
            return false;
        Halve();
        return true;
    }

    public int Estimate(ulong prefix)
    {
        var least = MaxCount;
        for (var row = 0; row < Rows; row++)
        {
            var (word, shift) = Locate(prefix, row);
            least = Math.Min(least, CountAt(word, shift));
        }
        return least;
    }

    private void Halve()
    {
        for (var i = 0; i < _words.Length; i++)
            _words[i] = (_words[i] >> 1) & LowBitsOfHalves;
        _reads /= 2;
    }

    private int CountAt(long word, int shift) => (int)(_words[word] >> shift) & MaxCount;

    private (long Word, int Shift) Locate(ulong prefix, int row)
    {
        var counter = ((long)row * _countersPerRow) + (long)((prefix * RowMultipliers[row]) >> _shift);
        return (counter / CountersPerWord, (int)(counter % CountersPerWord) * CounterBits);
    }
}
