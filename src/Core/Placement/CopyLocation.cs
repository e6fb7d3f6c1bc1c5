using Cascade.Core.Identity;

namespace Cascade.Core.Placement;

/// <summary>One tier of one node.</summary>
public readonly record struct TierAddress(NodeId Node, TierKind Tier);

/// <summary>Where one copy of a block lies.</summary>
/// <param name="Node">The node that holds it.</param>
/// <param name="Tier">The tier of that node that holds it.</param>
/// <param name="Slot">Its entry in the tier's descriptor table.</param>
/// <param name="Generation">The entry's generation when the copy was published; another value there means that the copy is gone.</param>
/// <param name="OffsetBytes">Where its first byte is in the tier's payload area.</param>
/// <param name="LengthBytes">Length of the block.</param>
public readonly record struct CopyLocation(
    NodeId Node, TierKind Tier, uint Slot, uint Generation, long OffsetBytes, long LengthBytes)
{
    /// <summary>The tier that holds the copy.</summary>
    public TierAddress Address => new(Node, Tier);
}

/// <summary>A place that was set aside for a block and is not visible to readers yet.</summary>
/// <param name="Slot">The entry in the tier's descriptor table.</param>
/// <param name="Generation">The entry's generation while it is being filled (odd).</param>
/// <param name="OffsetBytes">Where the first byte goes in the tier's payload area.</param>
/// <param name="LengthBytes">Bytes set aside.</param>
public readonly record struct Reservation(uint Slot, uint Generation, long OffsetBytes, long LengthBytes);
