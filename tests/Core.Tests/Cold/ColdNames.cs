using System.Buffers.Binary;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tests.Cold;

/// <summary>Blocks and keys by small numbers.</summary>
internal static class ColdNames
{
    public static BlockId Id(int n) => new(Digest(n, 1));

    public static KeyDigest Key(int n) => new(Digest(n, 2));

    public static KeyBinding Binding(int key, long stamp, int parent = 0) =>
        new(Key(key), parent == 0 ? default : Key(parent), parent == 0 ? 0 : 1, new HybridTimestamp((ulong)stamp));

    public static int Number(BlockId id) => (int)(id.Prefix64 & 0xFFFFFFFF);

    private static byte[] Digest(int n, byte kind)
    {
        var digest = new byte[32];
        BinaryPrimitives.WriteInt32LittleEndian(digest, n);
        BinaryPrimitives.WriteInt32LittleEndian(digest.AsSpan(4), unchecked(n * (int)0x9E3779B1));
        digest[31] = kind;
        return digest;
    }
}

/// <summary>Protected blocks as a test says.</summary>
internal sealed class ProtectedSet : IProtectedBlocks
{
    public HashSet<BlockId> Ids { get; } = [];

    public bool Contains(BlockId id) => Ids.Contains(id);
}

/// <summary>One request of a test, and what came of it.</summary>
internal sealed class Asked(string what)
{
    public string What { get; } = what;

    public List<object> Answers { get; } = [];

    public int Released { get; set; }

    public override string ToString() => What;
}
