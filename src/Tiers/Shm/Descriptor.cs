using System.Runtime.InteropServices;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Log;
using Cascade.Core.Placement;

namespace Cascade.Tiers.Shm;

/// <summary>One entry of the descriptor table: three cache lines in the mapped file, little-endian.</summary>
/// <remarks>
/// The generation is odd while the entry changes. What is under the checksum does not change within one even generation;
/// only <see cref="KeyRetired"/> does, by one store.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
internal struct Descriptor
{
    /// <summary>Length of an entry, in bytes.</summary>
    public const int SizeBytes = 192;

    /// <summary>Value of <see cref="KeyRetired"/> for a key that no longer names the block: all ones, so that no single flipped bit revives it.</summary>
    public const uint Retired = uint.MaxValue;

    [FieldOffset(0)]
    public uint Generation;

    /// <summary>Zero while the key names the block. Not under the checksum.</summary>
    [FieldOffset(4)]
    public uint KeyRetired;

    /// <summary>CRC-32C of the entry, with this field and <see cref="KeyRetired"/> taken as zero.</summary>
    [FieldOffset(8)]
    public uint Checksum;

    [FieldOffset(12)]
    public DescriptorKind Kind;

    /// <summary>Where the payload begins, from the start of the payload area.</summary>
    [FieldOffset(16)]
    public long OffsetBytes;

    [FieldOffset(24)]
    public long LengthBytes;

    [FieldOffset(32)]
    public ulong Stamp;

    [FieldOffset(40)]
    public int Depth;

    [FieldOffset(64)]
    public BlockId Id;

    [FieldOffset(96)]
    public KeyDigest Key;

    [FieldOffset(128)]
    public KeyDigest Parent;

    /// <summary>True while the entry's key names its block.</summary>
    public readonly bool NamesBlock => KeyRetired == 0 && !Key.IsZero;

    /// <summary>True while the entry changes.</summary>
    public readonly bool IsChanging => (Generation & 1) != 0;

    /// <summary>The key with its place in a prefix chain.</summary>
    public readonly KeyBinding Binding => new(Key, Parent, Depth, new HybridTimestamp(Stamp));

    /// <summary>An entry that was never used since the file was made.</summary>
    public readonly bool IsUntouched =>
        Generation == 0 && !MemoryMarshal.AsBytes(new ReadOnlySpan<Descriptor>(in this)).ContainsAnyExcept((byte)0);

    /// <summary>What the checksum of the entry is to be.</summary>
    public readonly uint ComputeChecksum()
    {
        var covered = this;
        covered.KeyRetired = 0;
        covered.Checksum = 0;
        return Crc32C.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<Descriptor>(in covered)));
    }

    /// <summary>What is wrong with a stable entry by itself, in words; null when nothing is.</summary>
    public readonly string? FindFault(long payloadBytes)
    {
        if (IsUntouched)
            return null;
        if (Checksum != ComputeChecksum())
            return "its checksum does not match";
        return Kind switch
        {
            DescriptorKind.Free => null,
            DescriptorKind.Alias when Id.IsZero || !NamesBlock => "it names no block or no key",
            DescriptorKind.Alias => null,
            DescriptorKind.Resident when Id.IsZero => "it has no block id",
            DescriptorKind.Resident when LengthBytes <= 0 || OffsetBytes < 0 || LengthBytes > payloadBytes || OffsetBytes > payloadBytes - LengthBytes =>
                "its range lies outside the payload area",
            DescriptorKind.Resident => null,
            _ => "its kind is unknown",
        };
    }

    /// <summary>An entry for a block.</summary>
    public static Descriptor Resident(in Reservation reservation, BlockId id, in KeyBinding binding, bool keyNamesBlock) => new()
    {
        Kind = DescriptorKind.Resident,
        KeyRetired = keyNamesBlock ? 0 : Retired,
        OffsetBytes = reservation.OffsetBytes,
        LengthBytes = reservation.LengthBytes,
        Id = id,
        Key = binding.Key,
        Parent = binding.Parent,
        Depth = binding.Depth,
        Stamp = binding.Stamp.Value,
    };

    /// <summary>An entry for a further key.</summary>
    public static Descriptor Alias(BlockId id, in KeyBinding binding) => new()
    {
        Kind = DescriptorKind.Alias,
        Id = id,
        Key = binding.Key,
        Parent = binding.Parent,
        Depth = binding.Depth,
        Stamp = binding.Stamp.Value,
    };
}
