using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;
using Cascade.Core.Wire;

namespace Cascade.Core.Ownership;

/// <summary>What a tier holds, by shard.</summary>
internal interface IHeldBlocks
{
    /// <summary>What the copies in a shard add up to.</summary>
    ShardTally TallyOf(int shard);

    /// <summary>Adds the copies in a shard to a list.</summary>
    void CopiesIn(int shard, List<HeldBlock> into);

    /// <summary>Finds the copy of a block.</summary>
    bool TryFind(BlockId id, out HeldBlock block);

    /// <summary>An owner is being told of the copy: what an owner was asked about it before is void, and a late answer is not to be acted on.</summary>
    void OnTold(in HeldBlock block);

    /// <summary>
    /// An owner did not know of the copy. Who asked it meanwhile was told that the block is nowhere and may have had its keys forgotten: the index is to be told
    /// them again.
    /// </summary>
    void OnUnknown(in HeldBlock block, Outbox outbox);
}

/// <summary>How a tier tells the owners' nodes what it holds, the same for each kind of tier.</summary>
/// <remarks>
/// <para>
/// A tier is the one who knows its copies, and it tells of them in one order: a report says what is here in the turn that makes it, and what comes or goes later is
/// told later. Reports go to the node's loader and the rest to its region of owners, so that only the order of arrival at the node holds.
/// While a shard is loaded that suffices, because the region holds back what comes. For a shard that is in use the loader therefore changes nothing by a report
/// that came twice: it says what it believes, and the tier answers the difference with <see cref="AddCopy"/> and <see cref="RemoveCopy"/>, in its own order and on the
/// way of all its messages to owners.
/// </para>
/// <para>
/// A grant to evict that is under way when a copy is reported may be of a former owner. It is void from then on: the tier answers it with
/// <see cref="AddCopy"/> and keeps the copy, which its new owner counts.
/// </para>
/// </remarks>
internal static class HoldingsTelling
{
    /// <summary>Reports as many shards as fit into one message, at least one, and asks the tier for the rest in a later turn.</summary>
    public static void Report(TierAddress self, IHeldBlocks held, ReportHoldings request, Outbox outbox)
    {
        ShardSet told = new(), rest = new();
        List<HeldBlock> blocks = [];
        foreach (var shard in request.Shards.Shards())
        {
            if (!rest.IsEmpty || (blocks.Count > 0 && blocks.Count + held.TallyOf(shard).Count > WireLimits.HoldingsMax))
            {
                rest.Add(shard);
                continue;
            }
            told.Add(shard);
            held.CopiesIn(shard, blocks);
        }
        foreach (var block in blocks)
            held.OnTold(block);
        for (var at = 0; at == 0 || at < blocks.Count; at += WireLimits.HoldingsMax)
        {
            var part = blocks.GetRange(at, Math.Min(WireLimits.HoldingsMax, blocks.Count - at));
            outbox.Send(request.To, new Holdings(self, request.Start, told, at + part.Count < blocks.Count, part));
        }
        if (!rest.IsEmpty)
            outbox.Send(self, request with { Shards = rest });
    }

    /// <summary>Tells what the copies in some shards add up to.</summary>
    public static void Tally(TierAddress self, IHeldBlocks held, TallyHoldings request, Outbox outbox)
    {
        List<ShardTally> tallies = [];
        foreach (var shard in request.Shards.Shards())
            tallies.Add(held.TallyOf(shard));
        outbox.Send(request.To, new HoldingsDigest(self, request.Start, request.Shards, tallies));
    }

    /// <summary>Tells owners where they are wrong about this tier's copies. What they learned meanwhile they are told again, which changes nothing.</summary>
    public static void Correct(TierAddress self, IHeldBlocks held, Believed believed, Outbox outbox)
    {
        if (believed.Tier != self)
            return;
        HashSet<BlockId> known = [];
        foreach (var block in believed.Blocks)
        {
            if (held.TryFind(block.Id, out var mine) && mine == block)
                known.Add(block.Id);
            else
                outbox.Send(Destination.Owners, new RemoveCopy(block.Id, block.At(self)));
        }
        List<HeldBlock> here = [];
        foreach (var shard in believed.Shards.Shards())
            held.CopiesIn(shard, here);
        foreach (var block in here)
        {
            if (known.Contains(block.Id))
                continue;
            held.OnTold(block);
            outbox.Send(Destination.Owners, new AddCopy(block.Id, block.At(self)));
            held.OnUnknown(block, outbox);
        }
    }
}
