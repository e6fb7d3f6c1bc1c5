namespace Cascade.Core.Wire;

/// <summary>How a field's value is framed, by the three low bits of its tag. Groups (3 and 4) are out of use and not taken.</summary>
internal enum WireKind : byte
{
    /// <summary>A number of 1 to 10 bytes.</summary>
    Varint = 0,

    /// <summary>Eight bytes, little-endian.</summary>
    Fixed64 = 1,

    /// <summary>A length and so many bytes.</summary>
    Bytes = 2,

    /// <summary>Four bytes, little-endian.</summary>
    Fixed32 = 5,
}

/// <summary>The byte layer of Protocol Buffers.</summary>
internal static class WireFraming
{
    /// <summary>Bits of a tag below the field's number.</summary>
    public const int KindBits = 3;

    /// <summary>Bytes that a number takes: 1 to 10.</summary>
    public static int VarintBytes(ulong value) => (64 - System.Numerics.BitOperations.LeadingZeroCount(value | 1) + 6) / 7;

    /// <summary>Takes a number from the head of what begins at <paramref name="at"/>; false when there is none of 10 bytes at most.</summary>
    public static bool TryVarint(ReadOnlySpan<byte> bytes, ref int at, out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64 && at < bytes.Length; shift += 7)
        {
            var next = bytes[at++];
            // The tenth byte has room for one bit.
            if (shift == 63 && next > 1)
                return false;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return true;
        }
        return false;
    }

    /// <summary>Small magnitudes of either sign to small numbers.</summary>
    public static ulong ZigZag(int value) => (uint)((value << 1) ^ (value >> 31));
}
