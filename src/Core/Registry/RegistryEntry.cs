using Cascade.Core.Clocks;
using Cascade.Core.Identity;

namespace Cascade.Core.Registry;

/// <summary>The last that is known of one key's registration.</summary>
/// <param name="Key">The key.</param>
/// <param name="Id">The block that it registers; zero when it was withdrawn.</param>
/// <param name="LengthBytes">Length of the block; 0 when it was withdrawn.</param>
/// <param name="Stamp">When it was registered or withdrawn.</param>
/// <param name="IsRemoved">True when it was withdrawn.</param>
public readonly record struct RegistryEntry(KeyDigest Key, BlockId Id, long LengthBytes, HybridTimestamp Stamp, bool IsRemoved)
{
    /// <summary>The memory of a withdrawn registration.</summary>
    public static RegistryEntry Removed(KeyDigest key, HybridTimestamp stamp) => new(key, default, 0, stamp, IsRemoved: true);

    /// <summary>
    /// True when this entry holds against another one of its key: the later stamp; of equal stamps the registration, then the
    /// greater block and length. A total order, so that replicas agree.
    /// </summary>
    public bool Overrules(in RegistryEntry other)
    {
        var order = Stamp.CompareTo(other.Stamp);
        if (order == 0)
            order = other.IsRemoved.CompareTo(IsRemoved);
        if (order == 0)
            order = Id.CompareTo(other.Id);
        if (order == 0)
            order = LengthBytes.CompareTo(other.LengthBytes);
        return order > 0;
    }
}
