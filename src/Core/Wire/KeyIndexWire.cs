using Cascade.Core.Messages;

namespace Cascade.Core.Wire;

/// <summary>The wire form of messages to and from a shard of the key index: key_index.proto.</summary>
internal static class KeyIndexWire
{
    /// <summary>All of them.</summary>
    public static WireCodec[] Codecs() =>
    [
        new WireCodec<Bind>(
            WireNumbers.Bind,
            static (ref w, m) =>
            {
                w.Binding(1, m.Binding);
                w.Block(2, m.Id);
            },
            static (ref f) => new Bind(f.Binding(1), f.Block(2))),
        new WireCodec<Bound>(WireNumbers.Bound, WriteBound, ReadBound),
        new WireCodec<Lookup>(
            WireNumbers.Lookup,
            static (ref w, m) => w.Key(1, m.Key),
            static (ref f) => new Lookup(f.Key(1))),
        new WireCodec<Found>(WireNumbers.Found, WriteFound, ReadFound),
        new WireCodec<Unbind>(
            WireNumbers.Unbind,
            static (ref w, m) =>
            {
                w.Key(1, m.Key);
                w.Stamp(2, m.Stamp);
            },
            static (ref f) => new Unbind(f.Key(1), f.Stamp(2))),
        new WireCodec<Forget>(
            WireNumbers.Forget,
            static (ref w, m) =>
            {
                w.Key(1, m.Key);
                w.Block(2, m.Id);
                w.Stamp(3, m.Stamp);
            },
            static (ref f) => new Forget(f.Key(1), f.Block(2), f.Stamp(3))),
    ];

    internal static void WriteBound(ref WireWriter w, Bound bound)
    {
        w.Key(1, bound.Key);
        w.BlockOrNone(2, bound.Id);
        w.Flag(3, bound.Applied);
    }

    internal static Bound ReadBound(ref WireFields f) => new(f.Key(1), f.BlockOrNone(2), f.Flag(3));

    internal static void WriteFound(ref WireWriter w, Found found)
    {
        w.Binding(1, found.Binding);
        w.Block(2, found.Id);
    }

    internal static Found ReadFound(ref WireFields f) => new(f.Binding(1), f.Block(2));
}
