using Cascade.Core.Cold;

namespace Cascade.Core.Wire;

/// <summary>The wire form of the messages to and from a cold tier that carry no memory: cold.proto.</summary>
internal static class ColdWire
{
    /// <summary>All of them.</summary>
    public static WireCodec[] Codecs() =>
    [
        new WireCodec<ColdBind>(
            WireNumbers.ColdBind,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Binding(2, m.Binding);
                w.Flag(3, m.Durable);
                w.Duration(4, m.Timeout);
            },
            static (ref f) => new ColdBind(f.Block(1), f.Binding(2), f.Flag(3), f.Duration(4))),
        new WireCodec<ColdUnbind>(
            WireNumbers.ColdUnbind,
            static (ref w, m) =>
            {
                w.Key(1, m.Key);
                w.Stamp(2, m.Stamp);
                w.Flag(3, m.Durable);
                w.Duration(4, m.Timeout);
            },
            static (ref f) => new ColdUnbind(f.Key(1), f.Stamp(2), f.Flag(3), f.Duration(4))),
        new WireCodec<ColdDrop>(
            WireNumbers.ColdDrop,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Flag(2, m.Durable);
                w.Duration(3, m.Timeout);
            },
            static (ref f) => new ColdDrop(f.Block(1), f.Flag(2), f.Duration(3))),
        new WireCodec<ColdStored>(
            WireNumbers.ColdStored,
            static (ref w, m) => w.Flag(1, m.Durable),
            static (ref f) => new ColdStored(f.Flag(1))),
        new WireCodec<ColdRemoved>(
            WireNumbers.ColdRemoved,
            static (ref w, m) => w.Flag(1, m.Found),
            static (ref f) => new ColdRemoved(f.Flag(1))),
    ];
}
