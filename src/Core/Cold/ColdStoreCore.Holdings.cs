using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ownership;
using Cascade.Core.Ports;

namespace Cascade.Core.Cold;

/// <content>
/// What owners on other nodes are told of the copies here: see <see cref="HoldingsTelling"/>. No owner is asked before a copy goes, so that there is no grant to
/// be made void.
/// </content>
public sealed partial class ColdStoreCore : IHeldBlocks
{
    ShardTally IHeldBlocks.TallyOf(int shard) => _told.TallyOf(shard);

    void IHeldBlocks.CopiesIn(int shard, List<HeldBlock> into)
    {
        foreach (var block in _told.In(shard))
            into.Add(HeldBlock.Of(block.Id, CopyOf(block)));
    }

    bool IHeldBlocks.TryFind(BlockId id, out HeldBlock block)
    {
        var isHere = TryDescribe(id, out var copy);
        block = isHere ? HeldBlock.Of(id, copy) : default;
        return isHere;
    }

    void IHeldBlocks.OnTold(in HeldBlock block)
    {
    }

    void IHeldBlocks.OnUnknown(in HeldBlock block, Outbox outbox) => _unknown.Add(block.Id);

    /// <summary>Before recovery is over it is not known what is here: who asks hears nothing and asks again.</summary>
    private void OnHoldings(object message)
    {
        if (!IsReady)
            return;
        switch (message)
        {
            case ReportHoldings m: HoldingsTelling.Report(_self, this, m, _outbox); break;
            case TallyHoldings m: HoldingsTelling.Tally(_self, this, m, _outbox); break;
            case Believed m:
                HoldingsTelling.Correct(_self, this, m, _outbox);
                if (_mayAnnounce && _announcing.Count == 0)
                    AnnounceAsked();
                break;
        }
    }
}
