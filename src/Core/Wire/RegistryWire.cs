using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Registry;

namespace Cascade.Core.Wire;

/// <summary>The wire form of messages to and from the prefix registry: registry.proto.</summary>
internal static class RegistryWire
{
    /// <summary>All of them.</summary>
    public static WireCodec[] Codecs() =>
    [
        new WireCodec<Register>(
            WireNumbers.Register,
            static (ref w, m) =>
            {
                w.Key(1, m.Key);
                w.Block(2, m.Id);
                w.Length(3, m.LengthBytes);
                w.Stamp(4, m.Stamp);
            },
            static (ref f) => new Register(f.Key(1), f.Block(2), f.Length(3), f.Stamp(4))),
        new WireCodec<Unregister>(
            WireNumbers.Unregister,
            static (ref w, m) =>
            {
                w.Key(1, m.Key);
                w.Stamp(2, m.Stamp);
            },
            static (ref f) => new Unregister(f.Key(1), f.Stamp(2))),
        new WireCodec<Registered>(
            WireNumbers.Registered,
            static (ref w, m) =>
            {
                w.Amount(1, m.UsedBytes);
                w.Amount(2, m.QuotaBytes);
            },
            static (ref f) => new Registered(f.Amount(1), f.Amount(2))),
        new WireCodec<QuotaExceeded>(
            WireNumbers.QuotaExceeded,
            static (ref w, m) =>
            {
                w.Amount(1, m.NeededBytes);
                w.Amount(2, m.UsedBytes);
                w.Amount(3, m.QuotaBytes);
            },
            static (ref f) => new QuotaExceeded(f.Amount(1), f.Amount(2), f.Amount(3))),
        new WireCodec<RegistryPart>(
            WireNumbers.RegistryPart,
            static (ref w, m) =>
            {
                w.List(1, m.Entries, WireLimits.RegistryPartEntriesMax, WriteEntry);
                w.Nested(2, m.From, WriteLife);
                w.Fixed64(3, m.Number);
            },
            static (ref f) =>
            {
                var entries = f.List(1, WireLimits.RegistryPartEntriesMax, ReadEntry);
                return new RegistryPart(f.Nested(2, ReadLife), f.Fixed64(3), entries);
            }),
        new WireCodec<RegistryTaken>(
            WireNumbers.RegistryTaken,
            static (ref w, m) =>
            {
                w.Nested(1, m.From, WriteLife);
                w.Fixed64(2, m.Number);
            },
            static (ref f) => new RegistryTaken(f.Nested(1, ReadLife), f.Fixed64(2))),
        new WireCodec<RegistryQuery>(
            WireNumbers.RegistryQuery,
            static (ref w, m) =>
            {
                w.Nested(1, m.From, WriteLife);
                w.Fixed64(2, m.Round);
                w.Flag(3, m.IsTakeOver);
                w.Amount(4, m.Keys, int.MaxValue);
                w.Fixed64(5, m.Digest);
            },
            static (ref f) => new RegistryQuery(f.Nested(1, ReadLife), f.Fixed64(2), f.Flag(3), f.Count(4), f.Fixed64(5))),
        new WireCodec<RegistryStatePart>(
            WireNumbers.RegistryStatePart,
            static (ref w, m) =>
            {
                w.List(1, m.Entries, WireLimits.RegistryPartEntriesMax, WriteEntry);
                w.Nested(2, m.From, WriteLife);
                w.Fixed64(3, m.Round);
                w.Amount(4, m.Index, int.MaxValue);
                w.Amount(5, m.Count, int.MaxValue);
            },
            static (ref f) =>
            {
                var entries = f.List(1, WireLimits.RegistryPartEntriesMax, ReadEntry);
                return new RegistryStatePart(f.Nested(2, ReadLife), f.Fixed64(3), f.Count(4), f.Count(5), entries);
            }),
        new WireCodec<RegistryDigest>(
            WireNumbers.RegistryDigest,
            static (ref w, m) =>
            {
                w.Nested(1, m.From, WriteLife);
                w.Amount(2, m.Keys, int.MaxValue);
                w.Fixed64(3, m.Digest);
            },
            static (ref f) => new RegistryDigest(f.Nested(1, ReadLife), f.Count(2), f.Fixed64(3))),
    ];

    private static void WriteLife(ref WireWriter w, NodeLife life)
    {
        w.Node(1, life.Node);
        w.Stamp(2, life.Start);
    }

    private static NodeLife ReadLife(ref WireFields f) => new(f.Node(1), f.Stamp(2));

    private static void WriteEntry(ref WireWriter w, RegistryEntry entry)
    {
        if (!IsSound(entry))
            w.Fail($"The entry of key {entry.Key} is neither a registration nor the withdrawal of one.");
        w.Key(1, entry.Key);
        w.BlockOrNone(2, entry.Id);
        w.Length(3, entry.LengthBytes);
        w.Stamp(4, entry.Stamp);
        w.Flag(5, entry.IsRemoved);
    }

    private static RegistryEntry ReadEntry(ref WireFields f)
    {
        var entry = new RegistryEntry(f.Key(1), f.BlockOrNone(2), f.Length(3), f.Stamp(4), f.Flag(5));
        if (!IsSound(entry))
            f.Fail("An entry is neither a registration nor the withdrawal of one.");
        return entry;
    }

    private static bool IsSound(in RegistryEntry entry) => entry.IsRemoved == entry.Id.IsZero && entry.IsRemoved == (entry.LengthBytes == 0);
}
