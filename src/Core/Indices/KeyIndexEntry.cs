using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Indices;

/// <summary>What a shard knows of one key: the block that it names, or that it was deleted.</summary>
/// <param name="Binding">The key, its place in a prefix, and the stamp of the binding or deletion.</param>
/// <param name="Id">The block; zero for a deletion.</param>
public readonly record struct KeyIndexEntry(KeyBinding Binding, BlockId Id)
{
    /// <summary>True when the entry remembers a deletion.</summary>
    public bool IsTombstone => Id.IsZero;

    /// <summary>The memory of a deletion.</summary>
    public static KeyIndexEntry Tombstone(KeyDigest key, HybridTimestamp stamp) =>
        new(new KeyBinding(key, default, 0, stamp), default);

    /// <summary>
    /// True when this entry holds against another one of its key: the later stamp; of equal stamps the greater block, so that
    /// a binding holds against a deletion. A total order: replicas that saw the same entries agree, in whatever order they saw
    /// them.
    /// </summary>
    public bool Overrules(in KeyIndexEntry other)
    {
        var order = Binding.Stamp.CompareTo(other.Binding.Stamp);
        if (order == 0)
            order = Id.CompareTo(other.Id);
        if (order == 0)
            order = Binding.Depth.CompareTo(other.Binding.Depth);
        if (order == 0)
            order = Binding.Parent.CompareTo(other.Binding.Parent);
        return order > 0;
    }
}
