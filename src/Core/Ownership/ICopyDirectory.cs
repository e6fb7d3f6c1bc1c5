using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Ownership;

/// <summary>
/// Where copies of the blocks that this node owns are known to lie, on any node: a block's owner starts from it and keeps it up to date, so that an owner that
/// goes loses nothing. Thread-safe.
/// </summary>
public interface ICopyDirectory
{
    /// <summary>Rises when something was changed by others than owners: an owner that has seen an earlier one is to read again.</summary>
    long Version { get; }

    /// <summary>Adds the known copies of a block to a list.</summary>
    void Read(BlockId id, List<CopyLocation> into);

    /// <summary>A copy is there. Replaces an earlier generation in its slot; repeated, it changes nothing.</summary>
    void Add(BlockId id, in CopyLocation copy);

    /// <summary>A copy is gone, and earlier generations of its slot with it. It need not have been known.</summary>
    void Remove(BlockId id, in CopyLocation copy);

    /// <summary>False while there may be copies of the block that are not known, because not every node has told what it holds.</summary>
    bool IsComplete(BlockId id);

    /// <summary>False while a tier has yet to tell which blocks of that block's shard it holds: it may be about to tell of any.</summary>
    bool IsReported(BlockId id, TierAddress tier);
}
