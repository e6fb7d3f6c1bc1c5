using System.Numerics;
using System.Runtime.InteropServices;

namespace Cascade.Core.Tracking;

/// <summary>A ring into which readers on any thread note what they read, and which the tracker empties.</summary>
/// <remarks>
/// Bounded, laid out once, lock-free, and lossy: a reader that finds the ring full, or meets too many others at once, counts its
/// note as lost and goes on, because a sample of the reads serves as well. Each place carries a turn number, by which writers and
/// the one reader know whose it is (Vyukov's bounded queue).
/// </remarks>
public sealed class AccessLog
{
    /// <summary>Tries to claim a place before a note counts as lost: bounds what a read can pay for others reading.</summary>
    private const int MaxTries = 8;

    private readonly Place[] _places;
    private readonly int _mask;
    private Cursors _cursors;

    /// <summary>Lays out the ring.</summary>
    /// <param name="capacity">Notes that it holds: 1 to 2^24, rounded up to a power of two. 16 bytes each.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is outside its range.</exception>
    public AccessLog(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 1 << 24);
        // Two at least: with one place its next turn could not be told from its being filled.
        Capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, capacity));
        _mask = Capacity - 1;
        _places = new Place[Capacity];
        for (var i = 0; i < Capacity; i++)
            _places[i].Turn = i;
    }

    /// <summary>Notes that the ring holds.</summary>
    public int Capacity { get; }

    /// <summary>Notes that found no place.</summary>
    public long Lost => Volatile.Read(ref _cursors.Lost);

    /// <summary>Notes a read. Any thread; neither waits nor allocates.</summary>
    /// <param name="prefix">Leading word of the digest.</param>
    /// <returns>False when the note was lost.</returns>
    public bool TryWrite(ulong prefix)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var position = Volatile.Read(ref _cursors.Write);
            ref var place = ref _places[position & _mask];
            var ahead = Volatile.Read(ref place.Turn) - position;
            if (ahead < 0)
                break;
            // A positive distance says that another writer took the place since the position was read.
            if (ahead > 0 || Interlocked.CompareExchange(ref _cursors.Write, position + 1, position) != position)
                continue;
            place.Prefix = prefix;
            Volatile.Write(ref place.Turn, position + 1);
            return true;
        }
        Interlocked.Increment(ref _cursors.Lost);
        return false;
    }

    /// <summary>Takes the oldest note. One thread at a time.</summary>
    /// <returns>False when there is none, or when its writer is not done yet.</returns>
    public bool TryRead(out ulong prefix)
    {
        var position = _cursors.Read;
        ref var place = ref _places[position & _mask];
        prefix = 0;
        if (Volatile.Read(ref place.Turn) != position + 1)
            return false;
        prefix = place.Prefix;
        Volatile.Write(ref place.Turn, position + Capacity);
        _cursors.Read = position + 1;
        return true;
    }

    private struct Place
    {
        /// <summary>Equal to a write position when it is that writer's turn, one more when it is the reader's.</summary>
        public long Turn;

        public ulong Prefix;
    }

    /// <summary>Each cursor on cache lines of its own: writers do not slow the reader down, nor losses the writers.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 512)]
    private struct Cursors
    {
        [FieldOffset(128)]
        public long Write;

        [FieldOffset(256)]
        public long Read;

        [FieldOffset(384)]
        public long Lost;
    }
}
