using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Placement;

namespace Cascade.Core.Messages;

/// <summary>
/// A reader asks the node that holds a copy for a lease on it. Replies: <see cref="CopyLeased"/>; <see cref="NotFound"/> when the copy is gone, which the reader tells
/// its owner by <see cref="RemoveCopy"/>; <see cref="Busy"/>; <see cref="Unavailable"/> when a cold tier fails; <see cref="Refused"/>. Not to be repeated blindly: every
/// answer carries a lease of its own, which ends at its time.
/// </summary>
/// <param name="Id">The block.</param>
/// <param name="Copy">Where its owner says that it lies. One in the cold tier is read into memory first.</param>
/// <param name="Reader">Who asks: when this life of the node leaves the cluster, the lease ends with it.</param>
/// <param name="LeaseFor">How long the lease is to last: more than 0. The holder may give less.</param>
/// <param name="Timeout">How long the answer may wait for a disk.</param>
public sealed record LeaseCopy(BlockId Id, CopyLocation Copy, NodeLife Reader, TimeSpan LeaseFor, TimeSpan Timeout);

/// <summary>The copy is held in place.</summary>
/// <param name="Id">The block.</param>
/// <param name="Copy">Where it lies in the holder's memory: elsewhere than was asked for when it was read from a cold tier.</param>
/// <param name="Lease">The lease's number at the holder.</param>
/// <param name="LeaseFor">How long it lasts from the moment at which the holder answered.</param>
public sealed record CopyLeased(BlockId Id, CopyLocation Copy, ulong Lease, TimeSpan LeaseFor);

/// <summary>Asks the holder to let a lease end so much later than now. Replies: <see cref="CopyLeased"/>, or <see cref="NotFound"/> when it has ended. May be repeated.</summary>
public sealed record RenewCopy(ulong Lease, TimeSpan LeaseFor);

/// <summary>Ends a lease at the holder. No reply. May be repeated.</summary>
public sealed record ReleaseCopy(ulong Lease);

/// <summary>
/// Asks a node to bring a copy of a block into its memory. Replies: <see cref="Replicated"/>; <see cref="NotFound"/> when the source is gone; <see cref="Busy"/> when it was
/// not done within <paramref name="Timeout"/> or too much waits; <see cref="Unavailable"/>. May be repeated: a block that is there already is not brought again.
/// </summary>
/// <param name="Id">The block.</param>
/// <param name="Source">The copy to bring.</param>
/// <param name="Binding">A key to name it by there; default for none.</param>
/// <param name="Timeout">How long it may take.</param>
/// <param name="OnlySpareRoom">True to be answered <see cref="Busy"/> at once where something would have to be given up for the block.</param>
public sealed record Replicate(BlockId Id, CopyLocation Source, KeyBinding Binding, TimeSpan Timeout, bool OnlySpareRoom = false);

/// <summary>The node has a copy in memory, and the block's owner was told.</summary>
public sealed record Replicated(BlockId Id, CopyLocation Copy);
