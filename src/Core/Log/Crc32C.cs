using System.Buffers.Binary;
using System.Numerics;

namespace Cascade.Core.Log;

/// <summary>CRC-32C (Castagnoli) as in iSCSI, RFC 3720: reflected polynomial 0x82F63B78, all ones before and after.</summary>
public static class Crc32C
{
    /// <summary>The checksum of some bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => ~Append(uint.MaxValue, bytes);

    /// <summary>Carries a running checksum, not yet inverted at its end, over further bytes.</summary>
    public static uint Append(uint running, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            running = BitOperations.Crc32C(running, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var single in bytes)
            running = BitOperations.Crc32C(running, single);
        return running;
    }
}
