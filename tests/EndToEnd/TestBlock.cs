using System.Buffers.Binary;
using Cascade.Core.Identity;

namespace Cascade.EndToEnd;

/// <summary>Blocks of 64 KiB with content and a key that tell them apart.</summary>
internal static class TestBlock
{
    public const int LengthBytes = 64 << 10;

    private static readonly CacheNamespace Keys = new("end-to-end");

    public static CacheKey Key(int n)
    {
        Span<byte> name = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(name, n);
        return Keys.Key(name);
    }

    public static byte[] Bytes(int n)
    {
        var bytes = new byte[LengthBytes];
        new Random(n).NextBytes(bytes);
        return bytes;
    }
}
