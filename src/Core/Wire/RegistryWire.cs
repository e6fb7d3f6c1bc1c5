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
            static (ref w, m) => w.List(1, m.Entries, WireLimits.RegistryPartEntriesMax, WriteEntry),
            static (ref f) => new RegistryPart(f.List(1, WireLimits.RegistryPartEntriesMax, ReadEntry))),
    ];

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
