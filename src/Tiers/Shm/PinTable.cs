namespace Cascade.Tiers.Shm;

/// <summary>What came of pinning a copy.</summary>
internal enum PinOutcome
{
    Gone,
    Corrupt,
    Pinned,
    PinnedUnverified,
}

/// <summary>One atomic word a slot: generation, whether the copy is live, and how many leases hold it. Any thread.</summary>
/// <remarks>A pin and a free of the same generation race on the word: exactly one of them wins.</remarks>
internal sealed class PinTable(int slotCount)
{
    private const ulong Live = 1UL << 31;
    private const ulong Corrupt = 1UL << 30;
    private const ulong Unverified = 1UL << 29;
    private const ulong CountMask = Unverified - 1;

    private readonly ulong[] _words = new ulong[slotCount];

    /// <summary>The word of a slot: equal at two times means that the copy there was the same in between, and as pinned at both ends.</summary>
    public ulong Read(uint slot) => Volatile.Read(ref _words[slot]);

    public static bool IsLive(ulong word) => (word & Live) != 0;

    public static bool IsCorrupt(ulong word) => (word & Corrupt) != 0;

    public static uint GenerationOf(ulong word) => (uint)(word >> 32);

    /// <summary>True when both words are of one live copy, whatever leases come and go.</summary>
    public static bool IsSameCopy(ulong word, ulong other) => IsLive(other) && GenerationOf(word) == GenerationOf(other);

    public bool IsPinned(uint slot) => (Read(slot) & CountMask) != 0;

    /// <summary>Notes the generation of a slot that readers must not touch.</summary>
    public void SetVacant(uint slot, uint generation) => Volatile.Write(ref _words[slot], (ulong)generation << 32);

    /// <summary>Lets readers at a copy.</summary>
    public void SetLive(uint slot, uint generation, bool unverified) =>
        Volatile.Write(ref _words[slot], ((ulong)generation << 32) | Live | (unverified ? Unverified : 0));

    public PinOutcome TryPin(uint slot, uint generation)
    {
        while (true)
        {
            var word = Volatile.Read(ref _words[slot]);
            if (!IsLive(word) || GenerationOf(word) != generation)
                return PinOutcome.Gone;
            if (IsCorrupt(word))
                return PinOutcome.Corrupt;
            if (Interlocked.CompareExchange(ref _words[slot], word + 1, word) == word)
                return (word & Unverified) != 0 ? PinOutcome.PinnedUnverified : PinOutcome.Pinned;
        }
    }

    public void Unpin(uint slot) => Interlocked.Decrement(ref _words[slot]);

    /// <summary>Notes that a pinned copy matches its id.</summary>
    public void MarkVerified(uint slot) => Interlocked.And(ref _words[slot], ~Unverified);

    /// <summary>Bars readers from a pinned copy; false when it was barred already.</summary>
    public bool MarkCorrupt(uint slot) => !IsCorrupt(Interlocked.Or(ref _words[slot], Corrupt));

    /// <summary>Takes a copy from readers, unless a lease holds it or the slot has another generation by now.</summary>
    public bool TryRetire(uint slot, uint generation)
    {
        while (true)
        {
            var word = Volatile.Read(ref _words[slot]);
            if (!IsLive(word) || GenerationOf(word) != generation || (word & CountMask) != 0)
                return false;
            if (Interlocked.CompareExchange(ref _words[slot], (ulong)generation << 32, word) == word)
                return true;
        }
    }
}
