using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

/// <content>What owners on other nodes are told of the copies here: see <see cref="HoldingsTelling"/>.</content>
public sealed partial class MemoryTierCore : IHeldBlocks
{
    private void OnReportHoldings(TimeSpan now, ReportHoldings request, Outbox outbox)
    {
        _now = now;
        HoldingsTelling.Report(_self, this, request, outbox);
        AskForRoom(now, outbox);
    }

    private void OnBelieved(TimeSpan now, Believed believed, Outbox outbox)
    {
        _now = now;
        HoldingsTelling.Correct(_self, this, believed, outbox);
        AskForRoom(now, outbox);
    }

    ShardTally IHeldBlocks.TallyOf(int shard) => _copies.TallyOf(shard);

    void IHeldBlocks.CopiesIn(int shard, List<HeldBlock> into) => _copies.CopiesIn(shard, into);

    bool IHeldBlocks.TryFind(BlockId id, out HeldBlock block)
    {
        var isHere = _arena.TryFind(id, out var copy) && _copies.Holds(copy) && _copies.IsOwned(copy.Slot);
        block = isHere ? HeldBlock.Of(id, copy) : default;
        return isHere;
    }

    /// <summary>A grant that is under way may be of the former owner.</summary>
    void IHeldBlocks.OnTold(in HeldBlock block) => _copies.VoidEviction(block.Slot, _now);

    void IHeldBlocks.OnUnknown(in HeldBlock block, Outbox outbox)
    {
        foreach (var binding in KeysOf(block.Slot))
            AnnounceKey(block.Slot, binding, outbox);
    }
}
