using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Fabric;

/// <summary>Local memory that a pull fills.</summary>
/// <param name="Address">Its first byte. It neither moves nor goes away until the pull has ended.</param>
/// <param name="LengthBytes">How many bytes are wanted there: 1 byte to 4 GiB.</param>
/// <param name="Owner">What keeps the memory mapped, such as the arena: reachable for as long as the pull may store to it. Null where nothing has to.</param>
public readonly record struct PullTarget(nint Address, long LengthBytes, object? Owner = null)
{
    /// <summary>A whole reservation in an arena whose payload area begins at <paramref name="payloadAddress"/>.</summary>
    public static PullTarget Of(nint payloadAddress, in Reservation reservation, object owner) =>
        new(payloadAddress + (nint)reservation.OffsetBytes, reservation.LengthBytes, owner);
}

/// <summary>Bytes of one copy at a peer, wanted here.</summary>
/// <param name="Source">The copy, as its owner described it.</param>
/// <param name="SkipBytes">Where in the block to begin.</param>
/// <param name="Target">Where the bytes go, and how many.</param>
/// <param name="Timeout">How long the pull may take: more than 0 and at most 7 days.</param>
/// <param name="WithDigest">Asks for the digest of the bytes where it costs little: when they go through this processor anyway.</param>
/// <param name="Block">What the copy is to be of; null for whatever lies there. A fabric whose holder's node takes part answers stale when it is another.</param>
public readonly record struct PullRequest(
    CopyLocation Source, long SkipBytes, PullTarget Target, TimeSpan Timeout, bool WithDigest = false, BlockId? Block = null)
{
    /// <summary>Longest time that a pull may take.</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(7);

    /// <summary>A pull of a whole block.</summary>
    public static PullRequest Whole(BlockId block, in CopyLocation source, nint address, object? owner, TimeSpan timeout, bool withDigest = false) =>
        new(source, 0, new PullTarget(address, source.LengthBytes, owner), timeout, withDigest, block);

    /// <summary>Checks that the bytes lie inside the copy and that there is somewhere to put them.</summary>
    /// <exception cref="ArgumentException">They do not, or there is not; or the time is outside its range.</exception>
    public void Validate()
    {
        if (Target.Address == 0 || Target.LengthBytes <= 0)
            throw new ArgumentException($"There is nowhere to put {Target.LengthBytes} bytes: give the address of at least one.");
        if (SkipBytes < 0 || Source.OffsetBytes < 0 || SkipBytes > Source.LengthBytes - Target.LengthBytes)
            throw new ArgumentException($"{Target.LengthBytes} bytes from {SkipBytes} on are not inside a copy of {Source.LengthBytes} bytes.");
        if (Timeout <= TimeSpan.Zero || Timeout > MaxTimeout)
            throw new ArgumentException($"A pull cannot take {Timeout}: give more than 0 and at most {MaxTimeout}.");
    }
}
