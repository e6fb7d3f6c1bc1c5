namespace Cascade.Core.Eviction;

/// <summary>The slots that were read since the last look: noted by any thread, taken by one, in the order of noting.</summary>
/// <remarks>
/// A slot stands in it once, so that a block that all threads read costs each of them one look. What does not fit, and what two
/// threads note at the very same time, is lost. A byte a slot and 16 KiB; nothing allocates.
/// </remarks>
internal sealed class TouchBuffer
{
    private const int Places = 4096;

    private readonly byte[] _isNoted;

    // A slot's number and one; zero in a place that a reader has won and not yet written.
    private readonly uint[] _ring = new uint[Places];
    private long _written;
    private long _taken;

    public TouchBuffer(int slotCount) => _isNoted = new byte[slotCount];

    public long TableBytes => _isNoted.Length + ((long)Places * sizeof(uint));

    /// <summary>Notes a read. Any thread.</summary>
    public void Note(uint slot)
    {
        ref var isNoted = ref _isNoted[slot];
        if (Volatile.Read(ref isNoted) != 0)
            return;
        var place = Volatile.Read(ref _written);
        if (place - Volatile.Read(ref _taken) >= Places || Interlocked.CompareExchange(ref _written, place + 1, place) != place)
            return;
        Volatile.Write(ref isNoted, 1);
        Volatile.Write(ref _ring[place % Places], slot + 1);
    }

    /// <summary>Takes the oldest note out; false when there is none.</summary>
    public bool TryTake(out int slot)
    {
        slot = 0;
        if (_taken == Volatile.Read(ref _written))
            return false;
        ref var place = ref _ring[_taken % Places];
        var noted = Volatile.Read(ref place);
        if (noted == 0)
            return false;
        place = 0;
        Volatile.Write(ref _taken, _taken + 1);
        slot = (int)(noted - 1);
        Volatile.Write(ref _isNoted[slot], 0);
        return true;
    }
}
