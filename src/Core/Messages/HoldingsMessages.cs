using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Sharding;

namespace Cascade.Core.Messages;

/// <summary>A copy that a tier holds, as it is told together with many others of that tier.</summary>
/// <param name="Id">The block.</param>
/// <param name="Slot">Its entry in the tier's descriptor table.</param>
/// <param name="Generation">The entry's generation when the copy was published.</param>
/// <param name="OffsetBytes">Where its first byte is in the tier's payload area.</param>
/// <param name="LengthBytes">Length of the block.</param>
public readonly record struct HeldBlock(BlockId Id, uint Slot, uint Generation, long OffsetBytes, long LengthBytes)
{
    /// <summary>Takes from a copy what is not the same for all copies of its tier.</summary>
    public static HeldBlock Of(BlockId id, in CopyLocation copy) => new(id, copy.Slot, copy.Generation, copy.OffsetBytes, copy.LengthBytes);

    /// <summary>The copy, in this tier.</summary>
    public CopyLocation At(TierAddress tier) => new(tier.Node, tier.Tier, Slot, Generation, OffsetBytes, LengthBytes);
}

/// <summary>The copies of one tier in one shard in short: two of them are equal when the copies are the same, and hardly ever else.</summary>
/// <param name="Count">How many copies there are.</param>
/// <param name="Mix">The exclusive or of a hash of each: of its block, slot and generation.</param>
public readonly record struct ShardTally(int Count, ulong Mix)
{
    /// <summary>The tally with one copy more, or less when <paramref name="change"/> is -1.</summary>
    internal ShardTally With(BlockId id, uint slot, uint generation, int change) =>
        new(Count + change, Mix ^ Mixing.Mix(id.Prefix64 ^ Mixing.Mix(((ulong)slot << 32) | generation)));
}

/// <summary>
/// What loads the shards of a node to the reporter of another (or its own): tell me all copies in these shards. Replies: <see cref="Holdings"/> of each tier, for
/// those of the shards that are the asker's by the view of the node that is asked; nothing for the rest. May be repeated.
/// </summary>
/// <param name="Asker">The node that asks.</param>
/// <param name="Shards">The shards; not to be changed.</param>
public sealed record ListHoldings(NodeId Asker, ShardSet Shards);

/// <summary>
/// All that a tier holds in some shards, to the owner of these: what the tier tells owners of them from now on comes after it. Many copies take several
/// messages, one behind the other. No reply. May be repeated.
/// </summary>
/// <param name="Tier">The tier.</param>
/// <param name="Start">When the life of its node was started: see <see cref="Membership.NodeLife"/>.</param>
/// <param name="Shards">The shards; not to be changed.</param>
/// <param name="More">True when another message with copies of the same shards follows.</param>
/// <param name="Blocks">The copies, <see cref="Wire.WireLimits.HoldingsMax"/> at most; not to be changed.</param>
public sealed record Holdings(TierAddress Tier, HybridTimestamp Start, ShardSet Shards, bool More, IReadOnlyList<HeldBlock> Blocks);

/// <summary>
/// What a tier holds in some shards in short, to their owner. Replies: <see cref="Believed"/> to the tier for shards in which the owner believes otherwise;
/// <see cref="ListHoldings"/> to the node's reporter for those that it was told nothing of. May be repeated.
/// </summary>
/// <param name="Tier">The tier.</param>
/// <param name="Start">When the life of its node was started.</param>
/// <param name="Shards">The shards; not to be changed.</param>
/// <param name="Tallies">One for each of the shards, lowest shard first; not to be changed.</param>
public sealed record HoldingsDigest(TierAddress Tier, HybridTimestamp Start, ShardSet Shards, IReadOnlyList<ShardTally> Tallies);

/// <summary>
/// What an owner believes that a tier holds in some shards: the tier tells the owners of copies that are missing here (<see cref="AddCopy"/>) and of those that
/// are not there any more (<see cref="RemoveCopy"/>). No other reply. May be repeated.
/// </summary>
/// <param name="Tier">The tier.</param>
/// <param name="Shards">The shards; not to be changed.</param>
/// <param name="Blocks">All copies of the tier in these shards, <see cref="Wire.WireLimits.BelievedMax"/> at most; not to be changed.</param>
public sealed record Believed(TierAddress Tier, ShardSet Shards, IReadOnlyList<HeldBlock> Blocks);

/// <summary>Reporter to a tier of its node: tell <see cref="Holdings"/> of these shards. May be repeated.</summary>
/// <param name="To">Whom to tell: what the owner's node calls its loader.</param>
/// <param name="Start">When this life of the node was started.</param>
/// <param name="Shards">The shards; not to be changed.</param>
public sealed record ReportHoldings(object To, HybridTimestamp Start, ShardSet Shards);

/// <summary>Reporter to a tier of its node: tell a <see cref="HoldingsDigest"/> of these shards. May be repeated.</summary>
/// <inheritdoc cref="ReportHoldings"/>
public sealed record TallyHoldings(object To, HybridTimestamp Start, ShardSet Shards);

/// <summary>To this node's reporter: compare with that node soon, for messages to it may have been lost. No reply. May be repeated.</summary>
/// <param name="Node">The node.</param>
public sealed record CompareWith(NodeId Node);

/// <summary>To every block owner that is alive: that life of the node is over, and with it its copies, and its leases, transfers and fills. No reply.</summary>
/// <param name="Node">The node.</param>
public sealed record NodeGone(NodeId Node);
