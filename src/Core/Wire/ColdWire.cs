using Cascade.Core.Cold;

namespace Cascade.Core.Wire;

/// <summary>The wire form of the messages to and from a cold tier that carry no memory: cold.proto.</summary>
internal static class ColdWire
{
    /// <summary>All of them.</summary>
    public static WireCodec[] Codecs() => [.. ChangeCodecs(), .. LeaseCodecs()];

    private static WireCodec[] LeaseCodecs() =>
    [
        new WireCodec<LeaseRecord>(
            WireNumbers.LeaseRecord,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Duration(2, m.LeaseFor);
            },
            static (ref f) => new LeaseRecord(f.Block(1), f.Duration(2))),
        new WireCodec<RecordLeased>(
            WireNumbers.RecordLeased,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.UInt64(2, m.File);
                w.Amount(3, m.OffsetBytes);
                w.Length(4, m.LengthBytes);
                w.UInt64(5, m.Lease);
                w.Duration(6, m.LeaseFor);
            },
            static (ref f) => new RecordLeased(f.Block(1), f.UInt32(2), f.Amount(3), f.Length(4), f.UInt64(5), f.Duration(6))),
        new WireCodec<ReleaseRecord>(
            WireNumbers.ReleaseRecord,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.UInt64(2, m.Lease);
            },
            static (ref f) => new ReleaseRecord(f.Block(1), f.UInt64(2))),
    ];

    private static WireCodec[] ChangeCodecs() =>
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
