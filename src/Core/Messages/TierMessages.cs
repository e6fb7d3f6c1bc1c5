using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Messages;

/// <summary>
/// Asks a memory tier for room. Replies: <see cref="Reserved"/>; <see cref="Busy"/> when none came free within
/// <paramref name="Timeout"/> or too many wait already; <see cref="Refused"/> when the tier never takes such a block.
/// Who is granted room gives it back by <see cref="Publish"/> or <see cref="Cancel"/>. Not to be repeated blindly.
/// </summary>
/// <param name="LengthBytes">Bytes wanted.</param>
/// <param name="Timeout">How long the answer may wait for room.</param>
/// <param name="Ticket">Names the request for <see cref="Withdraw"/>, different for each on the node; 0 for none.</param>
public sealed record Reserve(long LengthBytes, TimeSpan Timeout, long Ticket = 0);

/// <summary>
/// Who asked for room no longer waits for it: its place in the queue goes to the next. No reply; the request is answered
/// <see cref="Busy"/> if it still waited. May be repeated.
/// </summary>
public sealed record Withdraw(long Ticket);

/// <summary>Room was set aside.</summary>
public sealed record Reserved(Reservation Reservation);

/// <summary>The reservation is filled: make it readable. Reply: <see cref="Published"/>. Not to be repeated.</summary>
public sealed record Publish(Reservation Reservation, BlockId Id, KeyBinding Binding);

/// <summary>The copy is readable.</summary>
public sealed record Published(CopyLocation Copy);

/// <summary>Gives a reservation back. No reply. Not to be repeated.</summary>
public sealed record Cancel(Reservation Reservation);

/// <summary>Lets a further key name a block that the tier holds. Reply: <see cref="AliasBound"/>. May be repeated.</summary>
public sealed record BindAlias(BlockId Id, KeyBinding Binding);

/// <summary>Whether the tier holds the block and recorded the key beside it.</summary>
public sealed record AliasBound(bool Recorded);

/// <summary>
/// Takes a key's name off a block in the tier's directory, unless it was bound later than <paramref name="Stamp"/>: the key was
/// deleted or bound elsewhere then. Reply: <see cref="KeyReleased"/>. May be repeated.
/// </summary>
public sealed record ReleaseKey(KeyDigest Key, BlockId Id, HybridTimestamp Stamp);

/// <summary>
/// How many keys may still name the block in this tier, those among them that the arena had no room to record counted as one; -1 when
/// the block is not here. At 0 the tier asks the owner to let the copy go.
/// </summary>
public sealed record KeyReleased(int KeysLeft);

/// <summary>A reader found the bytes of a copy differ from its id: it must never be served again. No reply. May be repeated.</summary>
public sealed record ReportCorrupt(BlockId Id, CopyLocation Copy);

/// <summary>Asks a tier for its figures. Reply: <see cref="TierReport"/>. May be repeated.</summary>
public sealed record ReportTier
{
    /// <summary>The one instance; it says nothing but its type.</summary>
    public static readonly ReportTier Instance = new();

    private ReportTier()
    {
    }
}

/// <summary>Figures of one tier since start.</summary>
public sealed record TierReport(
    TierKind Tier, long CapacityBytes, long FreeBytes, int Blocks, long Published, long Evicted, long Demoted, long Dropped,
    long Corrupt, long BusyAnswers, int WaitingPuts);
