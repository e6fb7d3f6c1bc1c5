using System.Buffers.Binary;
using System.Globalization;

namespace Cascade.Core.Identity;

/// <summary>Thirty-two digest bytes held as four machine words, so that comparing and hashing touch no heap.</summary>
/// <remarks>The words are little-endian reads of the bytes: the same digest has the same words on every machine.</remarks>
internal readonly record struct Digest256(ulong A, ulong B, ulong C, ulong D) : IComparable<Digest256>
{
    public const int SizeBytes = 32;

    public bool IsZero => (A | B | C | D) == 0;

    public static Digest256 Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != SizeBytes)
            throw new ArgumentException($"A digest is {SizeBytes} bytes; {bytes.Length} were given.", nameof(bytes));
        return new Digest256(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
    }

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, A);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], B);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], C);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], D);
    }

    public static bool TryParse(ReadOnlySpan<char> hex, out Digest256 digest)
    {
        digest = default;
        Span<byte> bytes = stackalloc byte[SizeBytes];
        if (hex.Length != SizeBytes * 2
            || Convert.FromHexString(hex, bytes, out _, out var written) != System.Buffers.OperationStatus.Done
            || written != SizeBytes)
            return false;
        digest = Read(bytes);
        return true;
    }

    /// <summary>The leading word of the digest is uniform already; it needs no further mixing.</summary>
    public override int GetHashCode() => (int)A;

    public int CompareTo(Digest256 other)
    {
        Span<byte> mine = stackalloc byte[SizeBytes], theirs = stackalloc byte[SizeBytes];
        Write(mine);
        other.Write(theirs);
        return mine.SequenceCompareTo(theirs);
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[SizeBytes];
        Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    internal static FormatException NotHex(ReadOnlySpan<char> text, string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"'{text}' is not {what}: expected {SizeBytes * 2} hexadecimal digits."));
}
