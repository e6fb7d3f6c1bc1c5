using System.Buffers.Binary;
using Cascade.Core.Identity;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>Small blocks with content that tells them apart.</summary>
internal static class Blocks
{
    public static readonly CacheNamespace Keys = new("tests");

    public static CacheKey Key(int n) => Keys.Key(Name(n));

    public static CacheKey Key(int n, CacheKey parent) => Keys.Key(Name(n), parent);

    /// <summary>A prefix chain of so many keys, starting at a number.</summary>
    public static CacheKey[] Chain(int first, int count)
    {
        var chain = new CacheKey[count];
        for (var i = 0; i < count; i++)
            chain[i] = i == 0 ? Key(first) : Key(first + i, chain[i - 1]);
        return chain;
    }

    public static byte[] Bytes(int n, int length = 64 << 10)
    {
        var bytes = new byte[length];
        new Random(n).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Name(int n)
    {
        var name = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(name, n);
        return name;
    }
}
