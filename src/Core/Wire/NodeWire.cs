using Cascade.Core.Messages;

namespace Cascade.Core.Wire;

/// <summary>The wire form of messages to and from a node as a whole: node.proto.</summary>
internal static class NodeWire
{
    /// <summary>All of them.</summary>
    public static WireCodec[] Codecs() =>
    [
        new WireCodec<DrainNode>(
            WireNumbers.DrainNode,
            static (ref w, m) => w.Nested(1, m.Life, MembershipWire.WriteLife),
            static (ref f) => new DrainNode(f.Nested(1, MembershipWire.ReadLife))),
        new WireCodec<Draining>(
            WireNumbers.Draining,
            static (ref w, m) => w.Nested(1, m.Life, MembershipWire.WriteLife),
            static (ref f) => new Draining(f.Nested(1, MembershipWire.ReadLife))),
    ];
}
