using System.Buffers.Binary;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Placement;

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

    private static byte[] Digest(int n, byte kind)
    {
        var digest = new byte[BlockId.SizeBytes];
        BinaryPrimitives.WriteInt32LittleEndian(digest, n);
        digest[^1] = kind;
        return digest;
    }
}
