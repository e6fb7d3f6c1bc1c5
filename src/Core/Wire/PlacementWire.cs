using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Wire;

/// <summary>The wire form of what several messages are made of: placement.proto.</summary>
internal static class PlacementWire
{
    /// <summary>A copy, which is always there.</summary>
    public static void Copy(this ref WireWriter w, int field, in CopyLocation copy) => w.Nested(field, copy, WriteCopy);

    /// <summary>A copy, which has to be there.</summary>
    public static CopyLocation Copy(this ref WireFields f, int field) => f.Nested(field, ReadCopy);

    /// <summary>A tier of a node, which is always there.</summary>
    public static void Tier(this ref WireWriter w, int field, TierAddress tier) => w.Nested(field, tier, WriteTier);

    /// <summary>A tier of a node, which has to be there.</summary>
    public static TierAddress TierOf(this ref WireFields f, int field) => f.Nested(field, ReadTier);

    /// <summary>A key with its place in a prefix, which is always there.</summary>
    public static void Binding(this ref WireWriter w, int field, in KeyBinding binding) => w.Nested(field, binding, WriteBinding);

    /// <summary>A key with its place in a prefix, which has to be there.</summary>
    public static KeyBinding Binding(this ref WireFields f, int field) => f.Nested(field, ReadBinding);

    /// <summary>A key with its place in a prefix; left out when it is the default.</summary>
    public static void BindingOrNone(this ref WireWriter w, int field, in KeyBinding binding)
    {
        if (binding != default)
            w.Binding(field, binding);
    }

    /// <summary>A key with its place in a prefix; the default when it is absent.</summary>
    public static KeyBinding BindingOrNone(this ref WireFields f, int field) => f.Has(field) ? f.Binding(field) : default;

    /// <summary>The fields of a copy.</summary>
    public static void WriteCopy(ref WireWriter w, CopyLocation copy)
    {
        w.Node(1, copy.Node);
        w.Amount(2, (int)copy.Tier, (int)TierKind.Cold);
        w.UInt64(3, copy.Slot);
        w.UInt64(4, copy.Generation);
        w.Amount(5, copy.OffsetBytes);
        w.Length(6, copy.LengthBytes);
    }

    /// <summary>A copy of its fields.</summary>
    public static CopyLocation ReadCopy(ref WireFields f) =>
        new(f.Node(1), (TierKind)f.Count(2, (int)TierKind.Cold), f.UInt32(3), f.UInt32(4), f.Amount(5), f.Length(6));

    private static void WriteTier(ref WireWriter w, TierAddress tier)
    {
        w.Node(1, tier.Node);
        w.Amount(2, (int)tier.Tier, (int)TierKind.Cold);
    }

    private static TierAddress ReadTier(ref WireFields f) => new(f.Node(1), (TierKind)f.Count(2, (int)TierKind.Cold));

    private static void WriteBinding(ref WireWriter w, KeyBinding binding)
    {
        w.Key(1, binding.Key);
        w.KeyOrNone(2, binding.Parent);
        w.Amount(3, binding.Depth, int.MaxValue);
        w.Stamp(4, binding.Stamp);
    }

    private static KeyBinding ReadBinding(ref WireFields f) => new(f.Key(1), f.KeyOrNone(2), f.Count(3), f.Stamp(4));
}
