using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Core.Wire;

/// <summary>The wire form of what nodes tell each other of the copies that they hold: holdings.proto.</summary>
internal static class HoldingsWire
{
    /// <summary>All of them.</summary>
    public static WireCodec[] Codecs() =>
    [
        new WireCodec<ListHoldings>(
            WireNumbers.ListHoldings,
            static (ref w, m) =>
            {
                w.Node(1, m.Asker);
                w.Nested(2, m.Shards, WriteShards);
            },
            static (ref f) => new ListHoldings(f.Node(1), f.Nested(2, ReadShards))),
        new WireCodec<Holdings>(
            WireNumbers.Holdings,
            static (ref w, m) =>
            {
                w.Tier(1, m.Tier);
                w.Stamp(2, m.Start);
                w.Nested(3, m.Shards, WriteShards);
                w.Flag(4, m.More);
                w.List(5, m.Blocks, WireLimits.HoldingsMax, WriteBlock);
            },
            static (ref f) => new Holdings(
                f.TierOf(1), f.Stamp(2), f.Nested(3, ReadShards), f.Flag(4), f.List(5, WireLimits.HoldingsMax, ReadBlock))),
        new WireCodec<HoldingsDigest>(
            WireNumbers.HoldingsDigest,
            static (ref w, m) =>
            {
                w.Tier(1, m.Tier);
                w.Stamp(2, m.Start);
                w.Nested(3, m.Shards, WriteShards);
                w.List(4, m.Tallies, ShardMap.Shards, WriteTally);
            },
            static (ref f) => new HoldingsDigest(f.TierOf(1), f.Stamp(2), f.Nested(3, ReadShards), f.List(4, ShardMap.Shards, ReadTally))),
        new WireCodec<Believed>(
            WireNumbers.Believed,
            static (ref w, m) =>
            {
                w.Tier(1, m.Tier);
                w.Nested(2, m.Shards, WriteShards);
                w.List(3, m.Blocks, WireLimits.BelievedMax, WriteBlock);
            },
            static (ref f) => new Believed(f.TierOf(1), f.Nested(2, ReadShards), f.List(3, WireLimits.BelievedMax, ReadBlock))),
    ];

    /// <summary>The words of a set of shards.</summary>
    public static void WriteShards(ref WireWriter w, ShardSet shards) => w.Packed(1, shards.Words);

    /// <summary>A set of shards of its words.</summary>
    public static ShardSet ReadShards(ref WireFields f)
    {
        Span<ulong> words = stackalloc ulong[ShardSet.WordCount];
        f.Packed(1, words);
        return ShardSet.Of(words);
    }

    private static void WriteBlock(ref WireWriter w, HeldBlock block)
    {
        w.Block(1, block.Id);
        w.UInt64(2, block.Slot);
        w.UInt64(3, block.Generation);
        w.Amount(4, block.OffsetBytes);
        w.Length(5, block.LengthBytes);
    }

    private static HeldBlock ReadBlock(ref WireFields f) => new(f.Block(1), f.UInt32(2), f.UInt32(3), f.Amount(4), f.Length(5));

    private static void WriteTally(ref WireWriter w, ShardTally tally)
    {
        w.Amount(1, tally.Count);
        w.Fixed64(2, tally.Mix);
    }

    private static ShardTally ReadTally(ref WireFields f) => new(f.Count(1), f.Fixed64(2));
}
