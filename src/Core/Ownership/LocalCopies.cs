using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Ownership;

/// <summary>The directory of a node that is alone: what its own tiers hold, asked anew by each owner that starts. Thread-safe.</summary>
/// <param name="inventory">What the tiers hold.</param>
public sealed class LocalCopies(ICopyInventory inventory) : ICopyDirectory
{
    /// <inheritdoc/>
    public long Version => 0;

    /// <inheritdoc/>
    public void Read(BlockId id, List<CopyLocation> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        into.AddRange(inventory.CopiesOf(id));
    }

    /// <inheritdoc/>
    public void Add(BlockId id, in CopyLocation copy)
    {
    }

    /// <inheritdoc/>
    public void Remove(BlockId id, in CopyLocation copy)
    {
    }

    /// <inheritdoc/>
    public bool IsComplete(BlockId id) => true;

    /// <inheritdoc/>
    public bool IsReported(BlockId id, TierAddress tier) => true;
}
