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
/// <param name="Use">What the room is for, and so what may be given up for it.</param>
public sealed record Reserve(long LengthBytes, TimeSpan Timeout, long Ticket = 0, RoomUse Use = RoomUse.Store);

/// <summary>What room in memory is for.</summary>
public enum RoomUse
{
    /// <summary>A block that is to stay: others are given up for it where that is needed.</summary>
    Store = 0,

    /// <summary>A block that its writer can pass on to another node, if memory here is as good as full.</summary>
    StoreOrPass,

    /// <summary>A block that is taken in only if nothing has to be given up for it, now or soon: else <see cref="Busy"/> at once.</summary>
    Spare,
}

/// <summary>
/// Who asked for room no longer waits for it: its place in the queue goes to the next. No reply; the request is answered
/// <see cref="Busy"/> if it still waited. May be repeated.
/// </summary>
public sealed record Withdraw(long Ticket);

/// <summary>Room was set aside.</summary>
/// <param name="Reservation">The room.</param>
/// <param name="IsForPassing">
/// True when memory is as good as full and the room was asked for by <see cref="RoomUse.StoreOrPass"/>: for a while nothing is given up to make up for it. The writer says
/// by <see cref="EndPassing"/> that it passed the block on, or did not.
/// </param>
public sealed record Reserved(Reservation Reservation, bool IsForPassing = false);

/// <summary>
/// What was published in room for passing stays here, or its key was released before: the room counts as taken from now on. No reply. May be repeated. A tier that is not
/// told takes it for said at the deadline of the <see cref="Reserve"/>.
/// </summary>
public sealed record EndPassing(Reservation Reservation);

/// <summary>The reservation is filled: make it readable. Reply: <see cref="Published"/>. Not to be repeated.</summary>
/// <param name="Reservation">The room that was filled.</param>
/// <param name="Id">The block.</param>
/// <param name="Binding">The key that names it.</param>
/// <param name="Announce">
/// True when the writer has no grant of the owner to commit, because the block has a copy in a farther tier: the tier tells the owner of
/// this one by <see cref="AddCopy"/>.
/// </param>
/// <param name="IsExtra">
/// True for a copy that is here only to be near, of a block that lies elsewhere: it is the first to go when room is needed, unless it is the last by then. A further key
/// makes it a copy like any other, and so does a restart.
/// </param>
public sealed record Publish(Reservation Reservation, BlockId Id, KeyBinding Binding, bool Announce = false, bool IsExtra = false);

/// <summary>The copy is readable.</summary>
public sealed record Published(CopyLocation Copy);

/// <summary>Gives a reservation back. No reply. Not to be repeated.</summary>
public sealed record Cancel(Reservation Reservation);

/// <summary>Lets a further key name a block that the tier holds. Reply: <see cref="AliasBound"/>. May be repeated.</summary>
public sealed record BindAlias(BlockId Id, KeyBinding Binding);

/// <summary>What became of a key's name.</summary>
/// <param name="Recorded">True when it stands beside the block, so that it outlives the process.</param>
/// <param name="IsHeld">True when the tier holds the block.</param>
public sealed record AliasBound(bool Recorded, bool IsHeld);

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

/// <summary>
/// Asks a memory tier to see to it that a block and a key that names it would survive the machine: both are on disk and flushed.
/// Replies: <see cref="MadeDurable"/>; <see cref="NotFound"/> when the block is in no tier of this node any more; <see cref="Busy"/> when that
/// took longer than <paramref name="Timeout"/> or the cold tier had no room for it in time; <see cref="Refused"/>;
/// <see cref="Unavailable"/> when there is no cold tier or it fails. May be repeated.
/// </summary>
public sealed record MakeDurable(BlockId Id, KeyBinding Binding, TimeSpan Timeout);

/// <summary>The block and its key are on disk and flushed.</summary>
public sealed record MadeDurable(BlockId Id);

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
/// <param name="Tier">Which one.</param>
/// <param name="CapacityBytes">Bytes that it may hold.</param>
/// <param name="FreeBytes">Those of them that are free.</param>
/// <param name="Blocks">Blocks that can be read from it.</param>
/// <param name="Published">Copies that became readable in it, by whatever way they came.</param>
/// <param name="Evicted">Copies that left it for room.</param>
/// <param name="Demoted">Copies that it had written to a farther tier in order to give them up.</param>
/// <param name="Promoted">Copies that came to it from a farther tier.</param>
/// <param name="Dropped">Copies that left it for another reason.</param>
/// <param name="Corrupt">Copies found to differ from their id.</param>
/// <param name="BusyAnswers">Requests answered <see cref="Busy"/>.</param>
/// <param name="WaitingPuts">Requests for room that wait now.</param>
public sealed record TierReport(
    TierKind Tier, long CapacityBytes, long FreeBytes, int Blocks, long Published, long Evicted, long Demoted, long Promoted, long Dropped,
    long Corrupt, long BusyAnswers, int WaitingPuts);

/// <summary>
/// Tells a memory tier, within its node, that the node stops: nothing is given up for room any more, so that nothing new is asked of the tier below. What is under way
/// ends as ever, and who waits for room waits until its deadline. No reply. May be repeated.
/// </summary>
public sealed record MakeNoRoom
{
    /// <summary>The one instance; it says nothing but its type.</summary>
    public static readonly MakeNoRoom Instance = new();

    private MakeNoRoom()
    {
    }
}

/// <summary>
/// Tells a memory tier, within its node, that the memory under some of its slots has failed: their copies are reported gone to their owners, and are not
/// given out again. No reply. May be repeated.
/// </summary>
/// <param name="FirstSlot">The first of them.</param>
/// <param name="Slots">How many.</param>
public sealed record MemoryLost(uint FirstSlot, int Slots);
