using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Messages;

/// <summary>A message to the owner of one block.</summary>
public interface IBlockMessage
{
    /// <summary>The block, by whose digest the message finds its owner.</summary>
    BlockId Id { get; }
}

/// <summary>
/// A writer asks to bring a block in. Replies: <see cref="BeginGranted"/>, <see cref="AlreadyPresent"/> or <see cref="Busy"/>.
/// While another writer fills the block the answer waits for the outcome, at most <paramref name="Timeout"/>.
/// May be repeated: each grant has its own fill number.
/// </summary>
public sealed record Begin(BlockId Id, NodeId Writer, long LengthBytes, TimeSpan Timeout) : IBlockMessage;

/// <summary>The writer may fill the block and then <see cref="Commit"/> it under this fill number.</summary>
public sealed record BeginGranted(BlockId Id, ulong Fill);

/// <summary>The block is here already: no bytes need to move.</summary>
public sealed record AlreadyPresent(BlockId Id, CopyLocation Copy);

/// <summary>
/// The writer's copy is readable. Replies: <see cref="Committed"/>, or <see cref="Refused"/> when the fill is no longer the
/// one that was granted. May be repeated with the same fill number.
/// </summary>
public sealed record Commit(BlockId Id, ulong Fill, CopyLocation Copy) : IBlockMessage;

/// <summary>The block is acknowledged: it can be located.</summary>
public sealed record Committed(BlockId Id);

/// <summary>The writer gives up. No reply. May be repeated.</summary>
public sealed record Abort(BlockId Id, ulong Fill) : IBlockMessage;

/// <summary>
/// A reader asks where the block is and for a lease on that copy. Replies: <see cref="Located"/>, <see cref="NotFound"/>, or
/// <see cref="Busy"/> when the block has as many leases as it may.
/// Not to be repeated blindly: every answer carries a lease of its own.
/// </summary>
public sealed record Locate(BlockId Id, NodeId Reader, TimeSpan LeaseFor) : IBlockMessage;

/// <summary>The nearest copy, leased until released or until <paramref name="LeaseFor"/> is over.</summary>
public sealed record Located(BlockId Id, CopyLocation Copy, ulong Lease, TimeSpan LeaseFor);

/// <summary>Ends a lease. No reply. May be repeated.</summary>
public sealed record Release(BlockId Id, ulong Lease) : IBlockMessage;

/// <summary>A tier holds a copy more. No reply. May be repeated.</summary>
public sealed record AddCopy(BlockId Id, CopyLocation Copy) : IBlockMessage;

/// <summary>A tier no longer holds this copy. No reply. May be repeated.</summary>
/// <param name="Id">The block.</param>
/// <param name="Copy">The copy that is gone.</param>
/// <param name="Binding">A key by which the tier knew the block: forgotten when no copy is left anywhere. Default for none.</param>
public sealed record RemoveCopy(BlockId Id, CopyLocation Copy, KeyBinding Binding = default) : IBlockMessage;

/// <summary>
/// A tier asks to give a copy up for room. Replies: <see cref="EvictGranted"/>, <see cref="EvictRefused"/>, or
/// <see cref="Demote"/> when the last copy is worth keeping further away. May be repeated.
/// </summary>
/// <param name="Id">The block.</param>
/// <param name="Copy">The copy to give up.</param>
/// <param name="Discard">
/// True when the tier could not demote the copy, or it is not worth that: the owner then lets go of it even if it is the last.
/// </param>
/// <param name="Attempt">Rises when the tier gives up to wait for the answer: a grant counts for the attempt that it names.</param>
public sealed record Evict(BlockId Id, CopyLocation Copy, bool Discard = false, uint Attempt = 0) : IBlockMessage;

/// <summary>
/// The copy is no longer counted and may be freed. A tier that finds it pinned after all says so with <see cref="AddCopy"/>.
/// </summary>
/// <param name="Id">The block.</param>
/// <param name="Copy">The copy that may go.</param>
/// <param name="WasLast">True when the block is nowhere else: its keys go too.</param>
/// <param name="Attempt">The question's.</param>
public sealed record EvictGranted(BlockId Id, CopyLocation Copy, bool WasLast, uint Attempt = 0);

/// <summary>The copy has to stay.</summary>
public sealed record EvictRefused(BlockId Id, CopyLocation Copy, EvictRefusal Reason);

/// <summary>Why a copy has to stay.</summary>
public enum EvictRefusal
{
    /// <summary>A reader holds a lease on it.</summary>
    Leased,

    /// <summary>It is the last copy in memory of a protected block.</summary>
    Protected,

    /// <summary>It is the copy that a fill or a transfer under way reads or writes.</summary>
    Busy,
}

/// <summary>Owner to tier: write the copy to <paramref name="To"/>, announce it with <see cref="AddCopy"/>, then ask again to evict.</summary>
public sealed record Demote(BlockId Id, CopyLocation Copy, TierKind To);

/// <summary>
/// Asks for a copy in a nearer tier. Replies: <see cref="Promoting"/>, <see cref="AlreadyPresent"/>, <see cref="NotFound"/>, or
/// <see cref="Busy"/> when the block has as many leases as it may.
/// May be repeated: one transfer a target is under way at a time.
/// </summary>
/// <param name="Id">The block.</param>
/// <param name="To">The tier that is to have a copy.</param>
/// <param name="Binding">A key by which the new copy is to be found there; default for none.</param>
public sealed record Promote(BlockId Id, TierAddress To, KeyBinding Binding = default) : IBlockMessage;

/// <summary>The target tier was told to pull the block.</summary>
public sealed record Promoting(BlockId Id, TierAddress To);

/// <summary>
/// Owner to the target tier: pull the block from <paramref name="Source"/>, announce it with <see cref="AddCopy"/>, then
/// <see cref="Release"/> the lease (also on failure).
/// </summary>
/// <param name="Id">The block.</param>
/// <param name="Source">The copy to pull.</param>
/// <param name="Lease">The owner's lease on it.</param>
/// <param name="LeaseFor">How long that lasts, and so how long the pull may take.</param>
/// <param name="Binding">A key to name the new copy by; default for none.</param>
public sealed record Pull(BlockId Id, CopyLocation Source, ulong Lease, TimeSpan LeaseFor, KeyBinding Binding = default);

/// <summary>
/// A key of the block is registered as shared: the last copy in memory is not given up. Replies: <see cref="ProtectDone"/>,
/// <see cref="NotFound"/>, or <see cref="Refused"/> when too many keys of the block are registered. May be repeated: a key counts
/// once. A deletion, and the loss of the owner, takes the registrations along.
/// </summary>
public sealed record Protect(BlockId Id, KeyDigest Key) : IBlockMessage;

/// <summary>Takes a key's registration back. Reply: <see cref="ProtectDone"/>. May be repeated.</summary>
public sealed record Unprotect(BlockId Id, KeyDigest Key) : IBlockMessage;

/// <summary>How many keys of the block are registered now.</summary>
public sealed record ProtectDone(BlockId Id, int Registrations);

/// <summary>
/// Drops every copy: at once where no lease holds it, else when its leases end. Replies: <see cref="Deleted"/> as soon as no
/// reader can find it any more, or <see cref="NotFound"/>. May be repeated.
/// </summary>
public sealed record Delete(BlockId Id) : IBlockMessage;

/// <summary>The block can no longer be found.</summary>
public sealed record Deleted(BlockId Id);

/// <summary>Owner to tier: free this copy and answer with <see cref="RemoveCopy"/>, now or when its last pin goes.</summary>
public sealed record Drop(BlockId Id, CopyLocation Copy);

/// <summary>Asks what is known of the block. Reply: <see cref="BlockDescription"/>. May be repeated.</summary>
public sealed record Describe(BlockId Id) : IBlockMessage;

/// <summary>What the owner knows of a block.</summary>
public sealed record BlockDescription(
    BlockId Id, BlockState State, IReadOnlyList<CopyLocation> Copies, int Leases, int Registrations);

/// <summary>Where a block is in its life.</summary>
public enum BlockState
{
    /// <summary>No copy is known.</summary>
    Absent,

    /// <summary>A writer is bringing it in.</summary>
    Filling,

    /// <summary>It has at least one readable copy.</summary>
    Resident,

    /// <summary>It was deleted; copies that leases still hold are waited for.</summary>
    Draining,
}
