using Cascade.Core.Identity;

namespace Cascade.Core.Cold;

/// <summary>
/// What a full log loses by what it drops: one in 32 of the blocks that would go unread is kept for another turn of the log, and whether it is read in that turn
/// counts. So much a block has to promise that one of them is dropped for.
/// </summary>
internal sealed class DroppedWorth
{
    /// <summary>With fewer outcomes the chance is not known, and everything is worth writing.</summary>
    private const int OutcomesMin = 16;

    /// <summary>From so many on older ones count half.</summary>
    private const int OutcomesMax = 1024;

    private const int SampleBits = 5;
    private const ulong Spread = 0x9E3779B97F4A7C15;
    private int _read;
    private int _unread;

    /// <summary>Chance that what is dropped would have been asked for: 0 to 1.</summary>
    public double Chance => _read + _unread < OutcomesMin ? 0 : _read / (double)(_read + _unread);

    /// <summary>True for the blocks that are kept to see; others in each file.</summary>
    public static bool IsSample(BlockId id, uint file) => ((id.Prefix64 ^ ((file + 1) * Spread)) * Spread) >> (64 - SampleBits) == 0;

    /// <summary>A block that was kept to see was read, or was not in a whole turn.</summary>
    public void Count(bool wasRead)
    {
        if (wasRead)
            _read++;
        else
            _unread++;
        if (_read + _unread >= OutcomesMax)
            (_read, _unread) = (_read / 2, _unread / 2);
    }
}
