using System.Buffers.Binary;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Placement;
using Cascade.Core.Sharding;

namespace Cascade.Cluster.Tests.Simulation;

/// <summary>Ids, keys and copies that tests tell apart by small numbers.</summary>
internal static class Sample
{
    public static readonly NodeId Node = new(1);

    public static readonly TierAddress Shm = new(Node, TierKind.Shm);

    public static BlockId Block(int n) => new(Digest(n, 1));

    public static KeyDigest Key(int n) => new(Digest(n, 2));

    public static KeyBinding Binding(int n, ulong stamp = 1) => new(Key(n), default, 0, new HybridTimestamp(stamp));

    public static CopyLocation Copy(uint slot, uint generation = 1, long lengthBytes = 4096) =>
        new(Node, TierKind.Shm, slot, generation, slot * 4096L, lengthBytes);

    /// <summary>A cluster of the one node.</summary>
    public static ClusterView Alone()
    {
        var view = new ClusterView(Node);
        view.Publish(View(Node, Member(1)));
        return view;
    }

    public static Member Member(uint node, ulong start = 1, MemberState state = MemberState.Up) => new(
        new NodeId(node), new NodeAddress($"node{node}:7400"), new HybridTimestamp(start), 0, state, Core.Membership.Member.FullShare, MemberMetadata.None, null);

    public static MembershipView View(NodeId self, params ReadOnlySpan<Member> members) => new(1, self, [.. members], 0);

    private static byte[] Digest(int n, byte kind)
    {
        var digest = new byte[BlockId.SizeBytes];
        BinaryPrimitives.WriteInt32LittleEndian(digest, n);
        digest[^1] = kind;
        return digest;
    }
}
