using Cascade.Core.Messages;

namespace Cascade.Core.Wire;

/// <summary>The wire form of messages to and from a node's remote tier: remote.proto.</summary>
internal static class RemoteWire
{
    /// <summary>All of them.</summary>
    public static WireCodec[] Codecs() => [.. LeaseCodecs(), .. CopyCodecs()];

    private static WireCodec[] LeaseCodecs() =>
    [
        new WireCodec<LeaseCopy>(
            WireNumbers.LeaseCopy,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Copy);
                w.Nested(3, m.Reader, MembershipWire.WriteLife);
                w.Duration(4, m.LeaseFor);
                w.Duration(5, m.Timeout);
            },
            static (ref f) => new LeaseCopy(f.Block(1), f.Copy(2), f.Nested(3, MembershipWire.ReadLife), f.Duration(4), f.Duration(5))),
        new WireCodec<CopyLeased>(
            WireNumbers.CopyLeased,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Copy);
                w.UInt64(3, m.Lease);
                w.Duration(4, m.LeaseFor);
            },
            static (ref f) => new CopyLeased(f.Block(1), f.Copy(2), f.UInt64(3), f.Duration(4))),
        new WireCodec<RenewCopy>(
            WireNumbers.RenewCopy,
            static (ref w, m) =>
            {
                w.UInt64(1, m.Lease);
                w.Duration(2, m.LeaseFor);
            },
            static (ref f) => new RenewCopy(f.UInt64(1), f.Duration(2))),
        new WireCodec<ReleaseCopy>(
            WireNumbers.ReleaseCopy,
            static (ref w, m) => w.UInt64(1, m.Lease),
            static (ref f) => new ReleaseCopy(f.UInt64(1))),
    ];

    private static WireCodec[] CopyCodecs() =>
    [
        new WireCodec<Replicate>(
            WireNumbers.Replicate,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Source);
                w.BindingOrNone(3, m.Binding);
                w.Duration(4, m.Timeout);
                w.Flag(5, m.OnlySpareRoom);
            },
            static (ref f) => new Replicate(f.Block(1), f.Copy(2), f.BindingOrNone(3), f.Duration(4), f.Flag(5))),
        new WireCodec<Replicated>(
            WireNumbers.Replicated,
            static (ref w, m) =>
            {
                w.Block(1, m.Id);
                w.Copy(2, m.Copy);
            },
            static (ref f) => new Replicated(f.Block(1), f.Copy(2))),
    ];
}
