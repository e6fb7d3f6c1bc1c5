namespace Cascade.Tiers.Mpi;

/// <summary>Knows whether small pulls are about, for large ones to give way. Thread-safe.</summary>
/// <remarks>
/// A connection answers reads in their order: behind four pieces of 1 MiB that are under way, a small read waits for 4 ms at 1 GB/s; behind two of 256 KiB, for half of one.
/// </remarks>
internal sealed class SmallPulls(TimeProvider time)
{
    /// <summary>Bytes of one read of a large pull meanwhile.</summary>
    public const int PieceBytes = 256 << 10;

    /// <summary>Reads that one large pull has under way meanwhile.</summary>
    public const int PiecesInFlight = 2;

    private static readonly TimeSpan Recent = TimeSpan.FromMilliseconds(20);
    private long _last = long.MinValue;

    /// <summary>True when one was begun a moment ago.</summary>
    public bool AreAbout
    {
        get
        {
            var last = Volatile.Read(ref _last);
            return last != long.MinValue && time.GetElapsedTime(last) < Recent;
        }
    }

    /// <summary>One is begun.</summary>
    public void Note() => Volatile.Write(ref _last, time.GetTimestamp());
}
