using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Registry;

namespace Cascade.Core.Messages;

/// <summary>
/// A request to the prefix registry. A node that is not the cluster's registry, or not yet, replies <see cref="Moved"/>; so does one that ceased to be it before
/// all replicas had the change, which some then may have.
/// </summary>
public interface IRegistryMessage
{
    /// <summary>The key whose registration it is about.</summary>
    KeyDigest Key { get; }
}

/// <summary>
/// Registers a block as shared. Replies: <see cref="Registered"/>; or <see cref="QuotaExceeded"/>, <see cref="Busy"/> when too many changes are under way, or
/// <see cref="Refused"/> when too many keys are registered or the request names no block, and nothing changes. May be repeated: one key counts once.
/// </summary>
public sealed record Register(KeyDigest Key, BlockId Id, long LengthBytes, HybridTimestamp Stamp) : IRegistryMessage;

/// <summary>Takes a registration back. Replies: <see cref="Registered"/>; or <see cref="Busy"/>, as above. May be repeated.</summary>
public sealed record Unregister(KeyDigest Key, HybridTimestamp Stamp) : IRegistryMessage;

/// <summary>
/// The registry took the change in, and so did the replicas of all nodes that store, but for those that are suspect or did not answer in time.
/// </summary>
/// <param name="UsedBytes">Bytes of all registered blocks; a block under several keys counts once.</param>
/// <param name="QuotaBytes">The most they may be.</param>
public sealed record Registered(long UsedBytes, long QuotaBytes);

/// <summary>The block does not fit the quota of protected bytes.</summary>
/// <param name="NeededBytes">Bytes the registration would add.</param>
/// <param name="UsedBytes">Bytes registered now.</param>
/// <param name="QuotaBytes">The most they may be.</param>
public sealed record QuotaExceeded(long NeededBytes, long UsedBytes, long QuotaBytes);

/// <summary>
/// The cluster's registry to the replica of another node: these entries are new. Reply: <see cref="RegistryTaken"/>, once they are in the replica. May be
/// repeated.
/// </summary>
/// <param name="From">The sender.</param>
/// <param name="Number">Names the change in the reply.</param>
/// <param name="Entries">What changed, <see cref="Wire.WireLimits.RegistryPartEntriesMax"/> entries at most.</param>
public sealed record RegistryPart(NodeLife From, ulong Number, IReadOnlyList<RegistryEntry> Entries);

/// <summary>Reply: the entries are in the node's replica. May be repeated.</summary>
/// <param name="From">The sender.</param>
/// <param name="Number">The number of the <see cref="RegistryPart"/>.</param>
public sealed record RegistryTaken(NodeLife From, ulong Number);

/// <summary>
/// Asks a node for what its replica knows that the asker may not. Reply: <see cref="RegistryStatePart"/>s, one at least; when both have the same
/// registrations, they hold the remembered withdrawals alone. May be repeated, under another round.
/// </summary>
/// <param name="From">The sender.</param>
/// <param name="Round">Names the request in the reply; not 0.</param>
/// <param name="IsTakeOver">The asker becomes the cluster's registry: a node that was it so far serves no request for a while.</param>
/// <param name="Keys">Keys that the asker has registered; 0 or more.</param>
/// <param name="Digest">Digest of what the asker has registered: <see cref="RegistryState.Digest"/>.</param>
public sealed record RegistryQuery(NodeLife From, ulong Round, bool IsTakeOver, int Keys, ulong Digest);

/// <summary>Part of what a node's replica knows, to be taken in. No reply. May be repeated.</summary>
/// <param name="From">The sender.</param>
/// <param name="Round">The request's; 0 when it was not asked for.</param>
/// <param name="Index">Which part it is; 0 or more.</param>
/// <param name="Count">How many parts there are; the last ends the reply.</param>
/// <param name="Entries">Some entries, <see cref="Wire.WireLimits.RegistryPartEntriesMax"/> at most.</param>
public sealed record RegistryStatePart(NodeLife From, ulong Round, int Index, int Count, IReadOnlyList<RegistryEntry> Entries);

/// <summary>
/// The cluster's registry to the replica of another node: what is registered. A node whose replica differs replies with its state, in
/// <see cref="RegistryStatePart"/>s, and a <see cref="RegistryQuery"/>; others do not reply. May be repeated.
/// </summary>
/// <param name="From">The sender.</param>
/// <param name="Keys">Keys that are registered; 0 or more.</param>
/// <param name="Digest">Their digest: <see cref="RegistryState.Digest"/>.</param>
public sealed record RegistryDigest(NodeLife From, int Keys, ulong Digest);
