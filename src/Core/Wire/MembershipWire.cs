using Cascade.Core.Membership;

namespace Cascade.Core.Wire;

/// <summary>The wire form of messages between the membership cores of two nodes: membership.proto.</summary>
internal static class MembershipWire
{
    // The longest that the membership takes, in bytes of UTF-8: 64 characters.
    private const int ClusterBytesMax = 256;

    /// <summary>All of them.</summary>
    public static WireCodec[] Codecs() => [.. Probes(), .. Syncs()];

    private static WireCodec[] Probes() =>
    [
        new WireCodec<Ping>(
            WireNumbers.Ping,
            static (ref w, m) => WriteNumbered(ref w, m, m.Sequence, m.Gossip),
            static (ref f) => new Ping(From(ref f), To(ref f), f.Amount(3), Members(ref f))),
        new WireCodec<PingRequest>(
            WireNumbers.PingRequest,
            static (ref w, m) =>
            {
                WriteNumbered(ref w, m, m.Sequence, m.Gossip);
                w.Nested(5, m.Target, WriteLife);
                w.Text(6, m.TargetAddress.Text, NodeAddress.LengthMax);
            },
            static (ref f) => new PingRequest(
                From(ref f), To(ref f), f.Amount(3), f.Nested(5, ReadLife), MemberWire.Address(ref f, 6), Members(ref f))),
        new WireCodec<Ack>(
            WireNumbers.Ack,
            static (ref w, m) => WriteNumbered(ref w, m, m.Sequence, m.Gossip),
            static (ref f) => new Ack(From(ref f), To(ref f), f.Amount(3), Members(ref f))),
        new WireCodec<Nack>(
            WireNumbers.Nack,
            static (ref w, m) => WriteNumbered(ref w, m, m.Sequence, []),
            static (ref f) => new Nack(From(ref f), To(ref f), f.Amount(3))),
        new WireCodec<Gossip>(
            WireNumbers.Gossip,
            static (ref w, m) => WriteNumbered(ref w, m, sequence: 0, m.Records),
            static (ref f) => new Gossip(From(ref f), To(ref f), Members(ref f))),
    ];

    private static WireCodec[] Syncs() =>
    [
        new WireCodec<Sync>(
            WireNumbers.Sync,
            static (ref w, m) =>
            {
                WriteNumbered(ref w, m, m.Sequence, m.Records);
                w.Text(5, m.Cluster, ClusterBytesMax);
                w.Nested(6, m.Self, MemberWire.Write);
                w.Fixed64(7, m.Digest);
                w.Nested(8, m.Range, WriteRange);
            },
            static (ref f) => new Sync(
                From(ref f), To(ref f), f.Text(5, ClusterBytesMax), f.Amount(3), f.Nested(6, MemberWire.Read), f.Fixed64(7), f.Nested(8, ReadRange),
                Members(ref f))),
        new WireCodec<SyncReply>(
            WireNumbers.SyncReply,
            static (ref w, m) =>
            {
                WriteNumbered(ref w, m, m.Sequence, m.Records);
                w.Nested(5, m.Range, WriteRange);
            },
            static (ref f) => new SyncReply(From(ref f), To(ref f), f.Amount(3), f.Nested(5, ReadRange), Members(ref f))),
        new WireCodec<SyncRefused>(
            WireNumbers.SyncRefused,
            static (ref w, m) =>
            {
                WriteLives(ref w, m);
                w.Reason(3, m.Reason);
                if (m.By is { } by)
                    w.Nested(4, by, MemberWire.Write);
            },
            static (ref f) => new SyncRefused(From(ref f), To(ref f), f.Text(3), f.Has(4) ? f.Nested(4, MemberWire.Read) : null)),
    ];

    /// <summary>What most of these messages begin with.</summary>
    private static void WriteNumbered(ref WireWriter w, MembershipMessage message, long sequence, IReadOnlyList<Member> members)
    {
        WriteLives(ref w, message);
        w.Amount(3, sequence);
        w.List(4, members, WireLimits.EntriesMax, MemberWire.Write);
    }

    private static void WriteLives(ref WireWriter w, MembershipMessage message)
    {
        w.Nested(1, message.From, WriteLife);
        if (message.To is { } to)
            w.Nested(2, to, WriteLife);
    }

    private static NodeLife From(ref WireFields f) => f.Nested(1, ReadLife);

    private static NodeLife? To(ref WireFields f) => f.Has(2) ? f.Nested(2, ReadLife) : null;

    private static Member[] Members(ref WireFields f) => f.List(4, WireLimits.EntriesMax, MemberWire.Read);

    /// <summary>The fields of a life.</summary>
    public static void WriteLife(ref WireWriter w, NodeLife life)
    {
        w.Node(1, life.Node);
        w.Stamp(2, life.Start);
    }

    /// <summary>A life of its fields.</summary>
    public static NodeLife ReadLife(ref WireFields f) => new(f.Node(1), f.Stamp(2));

    private static void WriteRange(ref WireWriter w, NodeRange range)
    {
        if (range.From > range.Through)
            w.Fail($"The range {range} ends before it begins.");
        w.UInt64(1, range.From);
        w.UInt64(2, range.Through);
    }

    private static NodeRange ReadRange(ref WireFields f)
    {
        var range = new NodeRange(f.UInt32(1), f.UInt32(2));
        if (range.From > range.Through)
            f.Fail($"The range {range} ends before it begins.");
        return range;
    }
}
