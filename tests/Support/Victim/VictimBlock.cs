using System.Buffers.Binary;
using Cascade.Core.Identity;

namespace Cascade.Victim;

/// <summary>Blocks of 64 KiB with a key and with bytes that follow from a number.</summary>
public static class VictimBlock
{
    /// <summary>Length of every block, in bytes.</summary>
    public const int LengthBytes = 64 << 10;

    private static readonly CacheNamespace Keys = new("victim");

    /// <summary>The key of a block.</summary>
    public static CacheKey Key(long number)
    {
        Span<byte> name = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(name, number);
        return Keys.Key(name);
    }

    /// <summary>The bytes of a block.</summary>
    public static void Fill(long number, Span<byte> bytes)
    {
        for (var at = 0; at < bytes.Length; at += sizeof(long))
            BinaryPrimitives.WriteInt64LittleEndian(bytes[at..], (number << 16) + at);
    }

    /// <summary>True when the bytes are those of the block.</summary>
    public static bool Matches(long number, ReadOnlySpan<byte> bytes)
    {
        Span<byte> expected = stackalloc byte[LengthBytes];
        Fill(number, expected);
        return bytes.SequenceEqual(expected);
    }
}
