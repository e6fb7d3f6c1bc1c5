using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Ports;

/// <summary>What the tiers of this node physically hold, by which a new life of a block's owner starts. Thread-safe.</summary>
public interface ICopyInventory
{
    /// <summary>The copies of a block; empty when there is none.</summary>
    IReadOnlyList<CopyLocation> CopiesOf(BlockId id);

    /// <summary>True when the block has a copy in some tier of this node. Allocates nothing.</summary>
    bool Holds(BlockId id);
}
