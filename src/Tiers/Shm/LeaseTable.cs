using System.Numerics;
using System.Runtime.InteropServices;
using Cascade.Core.Leases;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Shm;

/// <summary>The leases on an arena's copies: a fixed number of entries. Any thread; nothing is allocated.</summary>
/// <remarks>
/// An entry is one atomic word: its stamp (odd while the lease is held) and the deadline in milliseconds, modulo 2^32. Every end of a
/// lease moves the stamp on by compare-and-swap, so of release, expiry and renewal exactly one wins. Keeping the mapping's
/// handle here keeps the bytes mapped for as long as anyone can hold a lease.
/// </remarks>
internal sealed class LeaseTable : ILeaseHolder
{
    /// <summary>Longest lease: well inside the range in which deadlines modulo 2^32 ms compare.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromDays(7);

    private const uint None = 0;

    private readonly Entry[] _entries;
    private readonly Head[] _free;
    private readonly PinTable _pins;
    private readonly TimeProvider _time;

    public LeaseTable(int maxLeases, PinTable pins, TimeProvider time, MappingHandle? mapping)
    {
        _entries = new Entry[maxLeases];
        _pins = pins;
        _time = time;
        Mapping = mapping;

        // One free list a core, so that readers on different cores do not meet on its head.
        _free = new Head[BitOperations.RoundUpToPowerOf2((uint)Math.Min(Environment.ProcessorCount, 64))];
        for (var entry = maxLeases - 1; entry >= 0; entry--)
            Push((uint)entry);
    }

    /// <summary>What the leased bytes lie in.</summary>
    public MappingHandle? Mapping { get; }

    /// <summary>The clock that deadlines are on.</summary>
    public TimeSpan Now => _time.GetElapsedTime(0, _time.GetTimestamp());

    /// <summary>Leases held now: a count over the whole table.</summary>
    public int HeldCount
    {
        get
        {
            var held = 0;
            foreach (ref var entry in _entries.AsSpan())
                held += (int)(StampOf(Volatile.Read(ref entry.Word)) & 1);
            return held;
        }
    }

    /// <summary>Starts a lease on a slot that the caller has pinned; the lease then owns the pin. False when all entries are taken.</summary>
    public bool TryStart(uint slot, TimeSpan duration, out uint entry, out uint stamp)
    {
        stamp = 0;
        if (!TryPop(out entry))
            return false;
        ref var taken = ref _entries[entry];
        taken.Slot = slot;
        stamp = StampOf(taken.Word) + 1;
        Volatile.Write(ref taken.Word, WordOf(stamp, DeadlineAfter(duration)));
        return true;
    }

    /// <inheritdoc/>
    public bool IsHeld(uint entry, uint stamp)
    {
        // The caller's reads of the bytes come before this answer about them.
        Volatile.ReadBarrier();
        return IsHeldStamp(stamp) && entry < (uint)_entries.Length && StampOf(Volatile.Read(ref _entries[entry].Word)) == stamp;
    }

    /// <inheritdoc/>
    public bool TryRenew(uint entry, uint stamp, TimeSpan duration)
    {
        RequireDuration(duration);
        if (!IsHeldStamp(stamp) || entry >= (uint)_entries.Length)
            return false;
        ref var word = ref _entries[entry].Word;
        var renewed = WordOf(stamp, DeadlineAfter(duration));
        while (true)
        {
            var seen = Volatile.Read(ref word);
            if (StampOf(seen) != stamp)
                return false;
            if (Interlocked.CompareExchange(ref word, renewed, seen) == seen)
                return true;
        }
    }

    /// <inheritdoc/>
    public void Release(uint entry, uint stamp)
    {
        if (!IsHeldStamp(stamp) || entry >= (uint)_entries.Length)
            return;
        while (true)
        {
            var seen = Volatile.Read(ref _entries[entry].Word);
            if (StampOf(seen) != stamp || TryEnd(entry, seen))
                return;
        }
    }

    /// <summary>Ends the leases whose deadline is not after <paramref name="now"/>, on the clock of <see cref="Now"/>: one pass over the table.</summary>
    public int Expire(TimeSpan now)
    {
        var nowMilliseconds = (uint)(now.Ticks / TimeSpan.TicksPerMillisecond);
        var ended = 0;
        for (var entry = 0u; entry < (uint)_entries.Length; entry++)
        {
            var seen = Volatile.Read(ref _entries[entry].Word);
            if (IsHeldStamp(StampOf(seen)) && (int)(nowMilliseconds - (uint)seen) >= 0 && TryEnd(entry, seen))
                ended++;
        }

        return ended;
    }

    /// <summary>Ends all leases, for their tier closes; gives how many.</summary>
    public int EndAll()
    {
        var ended = 0;
        for (var entry = 0u; entry < (uint)_entries.Length; entry++)
        {
            for (var seen = Volatile.Read(ref _entries[entry].Word); IsHeldStamp(StampOf(seen)); seen = Volatile.Read(ref _entries[entry].Word))
                ended += TryEnd(entry, seen) ? 1 : 0;
        }

        return ended;
    }

    /// <exception cref="ArgumentOutOfRangeException">The duration is not positive, or longer than 7 days.</exception>
    public static void RequireDuration(TimeSpan duration)
    {
        if (duration <= TimeSpan.Zero || duration > MaxDuration)
            throw new ArgumentOutOfRangeException(nameof(duration), duration, $"A lease lasts more than 0 and at most {MaxDuration}.");
    }

    private static uint StampOf(ulong word) => (uint)(word >> 32);

    private static bool IsHeldStamp(uint stamp) => (stamp & 1) != 0;

    private static ulong WordOf(uint stamp, uint deadline) => ((ulong)stamp << 32) | deadline;

    private uint DeadlineAfter(TimeSpan duration)
    {
        var ticks = (Now + duration).Ticks;
        return (uint)((ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond);
    }

    private bool TryEnd(uint entry, ulong seen)
    {
        ref var ending = ref _entries[entry];
        if (Interlocked.CompareExchange(ref ending.Word, WordOf(StampOf(seen) + 1, 0), seen) != seen)
            return false;
        _pins.Unpin(ending.Slot);
        Push(entry);
        return true;
    }

    /// <summary>Takes an entry off this core's list, or off another's when it is empty.</summary>
    private bool TryPop(out uint entry)
    {
        var mask = (uint)_free.Length - 1;
        var home = (uint)Thread.GetCurrentProcessorId();
        for (var step = 0u; step <= mask; step++)
        {
            ref var head = ref _free[(home + step) & mask].Top;
            while (true)
            {
                var seen = Volatile.Read(ref head);
                if ((uint)seen == None)
                    break;

                // The tag in the upper half tells a head that left and came back from one that stayed.
                entry = (uint)seen - 1;
                var next = (((seen >> 32) + 1) << 32) | Volatile.Read(ref _entries[entry].NextFree);
                if (Interlocked.CompareExchange(ref head, next, seen) == seen)
                    return true;
            }
        }

        entry = 0;
        return false;
    }

    private void Push(uint entry)
    {
        ref var head = ref _free[entry & ((uint)_free.Length - 1)].Top;
        while (true)
        {
            var seen = Volatile.Read(ref head);
            Volatile.Write(ref _entries[entry].NextFree, (uint)seen);
            if (Interlocked.CompareExchange(ref head, (((seen >> 32) + 1) << 32) | (entry + 1), seen) == seen)
                return;
        }
    }

    private struct Entry
    {
        public ulong Word;
        public uint Slot;

        /// <summary>The next free entry, counted from one.</summary>
        public uint NextFree;
    }

    // Two cache lines: the adjacent-line prefetcher pairs them.
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Head
    {
        [FieldOffset(0)]
        public ulong Top;
    }
}
