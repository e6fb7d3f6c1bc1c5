using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Hosting;

/// <summary>Where blocks of other nodes were found lately, by key: a guess that spares who reads again a question. Thread-safe.</summary>
/// <remarks>
/// A fixed number of places; one more key takes another's. What is known is let go of after some seconds, so that the owner is asked now and then and spreads the readers
/// of a hot block over its copies.
/// </remarks>
internal sealed class KnownCopies
{
    /// <summary>About 150 bytes each when used.</summary>
    private const int CopiesMax = 16_384;

    private static readonly TimeSpan KnownFor = TimeSpan.FromSeconds(5);

    private readonly Entry?[] _places = new Entry?[CopiesMax];
    private long _rightGuesses;

    /// <summary>Reads since the start that found their block where it was known to be.</summary>
    public long RightGuesses => Volatile.Read(ref _rightGuesses);

    /// <summary>Tells where a key's block was found.</summary>
    public bool TryFind(KeyDigest key, TimeSpan now, out BlockId id, out CopyLocation copy)
    {
        var entry = Volatile.Read(ref PlaceOf(key));
        if (entry is null || entry.Key != key || now >= entry.Until)
        {
            (id, copy) = (default, default);
            return false;
        }

        (id, copy) = (entry.Id, entry.Copy);
        return true;
    }

    /// <summary>Takes in what the block's owner said at <paramref name="now"/>.</summary>
    public void Add(KeyDigest key, BlockId id, in CopyLocation copy, TimeSpan now) =>
        Volatile.Write(ref PlaceOf(key), new Entry(key, id, copy, now + KnownFor));

    /// <summary>Counts a read that found its block.</summary>
    public void NoteRight() => Interlocked.Increment(ref _rightGuesses);

    /// <summary>Forgets a key whose block is not there any more.</summary>
    public void Forget(KeyDigest key)
    {
        ref var place = ref PlaceOf(key);
        if (Volatile.Read(ref place) is { } entry && entry.Key == key)
            Interlocked.CompareExchange(ref place, null, entry);
    }

    private ref Entry? PlaceOf(KeyDigest key) => ref _places[key.Prefix64 % CopiesMax];

    private sealed record Entry(KeyDigest Key, BlockId Id, CopyLocation Copy, TimeSpan Until);
}
