using Cascade.Core.Indices;
using Cascade.Core.Membership;
using Cascade.Core.Messages;

namespace Cascade.Core.Wire;

/// <summary>The wire form of messages between the replicas of the key index: key_index.proto.</summary>
internal static class KeyReplicaWire
{
    /// <summary>All of them.</summary>
    public static WireCodec[] Codecs() => [.. ChainCodecs(), .. HandOverCodecs(), .. AgreementCodecs(), .. AnnouncementCodecs()];

    private static WireCodec[] ChainCodecs() =>
    [
        new WireCodec<KeyReplicate>(
            WireNumbers.KeyReplicate,
            static (ref w, m) =>
            {
                From(ref w, m.From);
                w.Binding(2, m.Binding);
                w.BlockOrNone(3, m.Id);
                if (m.Bound is { } bound)
                    w.Nested(4, bound, KeyIndexWire.WriteBound);
                if (m.Found is { } found)
                    w.Nested(5, found, KeyIndexWire.WriteFound);
            },
            static (ref f) => new KeyReplicate(
                From(ref f), f.Binding(2), f.BlockOrNone(3), f.Has(4) ? f.Nested(4, KeyIndexWire.ReadBound) : null,
                f.Has(5) ? f.Nested(5, KeyIndexWire.ReadFound) : null)),
        new WireCodec<KeyForget>(
            WireNumbers.KeyForget,
            static (ref w, m) =>
            {
                From(ref w, m.From);
                w.Key(2, m.Key);
                w.Block(3, m.Id);
                w.Stamp(4, m.Stamp);
            },
            static (ref f) => new KeyForget(From(ref f), f.Key(2), f.Block(3), f.Stamp(4))),
    ];

    private static WireCodec[] HandOverCodecs() =>
    [
        new WireCodec<WhoHoldsKeys>(
            WireNumbers.WhoHoldsKeys,
            static (ref w, m) =>
            {
                From(ref w, m.From);
                w.Amount(2, m.Round);
                w.Fixed64(3, m.Shards);
            },
            static (ref f) => new WhoHoldsKeys(From(ref f), f.Amount(2), f.Fixed64(3))),
        new WireCodec<KeysHeld>(
            WireNumbers.KeysHeld,
            static (ref w, m) =>
            {
                From(ref w, m.From);
                w.Amount(2, m.Round);
                w.Fixed64(3, m.Held);
                w.Fixed64(4, m.NotYet);
            },
            static (ref f) => new KeysHeld(From(ref f), f.Amount(2), f.Fixed64(3), f.Fixed64(4))),
        new WireCodec<FetchKeys>(
            WireNumbers.FetchKeys,
            static (ref w, m) =>
            {
                From(ref w, m.From);
                w.Amount(2, m.Shard, int.MaxValue);
                w.Amount(3, m.Transfer);
                w.Amount(4, m.Place, int.MaxValue);
            },
            static (ref f) => new FetchKeys(From(ref f), f.Count(2), f.Amount(3), f.Count(4))),
        new WireCodec<KeyPage>(
            WireNumbers.KeyPage,
            static (ref w, m) =>
            {
                From(ref w, m.From);
                w.Amount(2, m.Shard, int.MaxValue);
                w.Amount(3, m.Transfer);
                w.Amount(4, m.Place, int.MaxValue);
                w.Amount(5, m.Next, int.MaxValue);
                w.Flag(6, m.IsWhole);
                w.List(7, m.Entries, KeyPage.EntriesMax, WriteEntry);
                w.Fixed64(8, m.Lives);
                w.List(9, m.Unheard, KeyPage.UnheardMax, MembershipWire.WriteLife);
            },
            static (ref f) => new KeyPage(
                From(ref f), f.Count(2), f.Amount(3), f.Count(4), f.Count(5), f.Flag(6), f.Fixed64(8),
                f.List(9, KeyPage.UnheardMax, MembershipWire.ReadLife), f.List(7, KeyPage.EntriesMax, ReadEntry))),
    ];

    private static WireCodec[] AgreementCodecs() =>
    [
        new WireCodec<KeysDigest>(
            WireNumbers.KeysDigest,
            static (ref w, m) =>
            {
                From(ref w, m.From);
                w.Amount(2, m.Shard, int.MaxValue);
                w.Amount(3, m.Round);
                w.Amount(4, m.Keys, int.MaxValue);
                w.Fixed64(5, m.Digest);
                w.Fixed64(6, m.Deletions);
                w.Fixed64(7, m.Lives);
            },
            static (ref f) => new KeysDigest(From(ref f), f.Count(2), f.Amount(3), f.Count(4), f.Fixed64(5), f.Fixed64(6), f.Fixed64(7))),
        new WireCodec<KeysAgree>(
            WireNumbers.KeysAgree,
            static (ref w, m) =>
            {
                From(ref w, m.From);
                w.Amount(2, m.Shard, int.MaxValue);
                w.Amount(3, m.Round);
            },
            static (ref f) => new KeysAgree(From(ref f), f.Count(2), f.Amount(3))),
        new WireCodec<KeysOffered>(
            WireNumbers.KeysOffered,
            static (ref w, m) =>
            {
                From(ref w, m.From);
                w.Fixed64(2, m.Held);
                w.Fixed64(3, m.Spare);
            },
            static (ref f) => new KeysOffered(From(ref f), f.Fixed64(2), f.Fixed64(3))),
        new WireCodec<KeysSettled>(
            WireNumbers.KeysSettled,
            static (ref w, m) =>
            {
                From(ref w, m.From);
                w.Fixed64(2, m.Shards);
            },
            static (ref f) => new KeysSettled(From(ref f), f.Fixed64(2))),
    ];

    private static WireCodec[] AnnouncementCodecs() =>
    [
        new WireCodec<AnnounceKeys>(
            WireNumbers.AnnounceKeys,
            static (ref w, m) =>
            {
                w.Amount(1, m.Lane, int.MaxValue);
                w.Fixed64(2, m.Shards);
                w.Amount(3, m.Round);
            },
            static (ref f) => new AnnounceKeys(f.Count(1), f.Fixed64(2), f.Amount(3))),
        new WireCodec<KeysAnnounced>(
            WireNumbers.KeysAnnounced,
            static (ref w, m) =>
            {
                w.Tier(1, m.From);
                w.Amount(2, m.Round);
                w.Flag(3, m.AwaitCold);
            },
            static (ref f) => new KeysAnnounced(f.TierOf(1), f.Amount(2), f.Flag(3))),
    ];

    private static void From(ref WireWriter w, NodeLife from) => w.Nested(1, from, MembershipWire.WriteLife);

    private static NodeLife From(ref WireFields f) => f.Nested(1, MembershipWire.ReadLife);

    private static void WriteEntry(ref WireWriter w, KeyIndexEntry entry)
    {
        w.Binding(1, entry.Binding);
        w.BlockOrNone(2, entry.Id);
    }

    private static KeyIndexEntry ReadEntry(ref WireFields f) => new(f.Binding(1), f.BlockOrNone(2));
}
