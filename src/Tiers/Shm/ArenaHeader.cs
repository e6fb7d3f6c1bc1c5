using System.Runtime.InteropServices;
using System.Text;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Log;

namespace Cascade.Tiers.Shm;

/// <summary>The head of an arena file, little-endian.</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeBytes)]
internal unsafe struct ArenaHeader
{
    /// <summary>Length of the header, in bytes.</summary>
    public const int SizeBytes = 256;

    /// <summary>Where the process id of the last owner lies: outside the checksum, for it changes with every attach.</summary>
    public const long OwnerProcessOffset = 512;

    /// <summary>"CASCARNA" read as a little-endian number.</summary>
    public const ulong ExpectedMagic = 0x414E_5241_4353_4143;

    /// <summary>Version of the format that this program reads and writes.</summary>
    public const uint CurrentVersion = 1;

    private const int ChecksummedBytes = 252;
    private const int NameBytes = ShmArenaOptions.MaxClusterNameLength;

    [FieldOffset(0)]
    public ulong Magic;

    [FieldOffset(8)]
    public uint Version;

    [FieldOffset(12)]
    public ArenaStage Stage;

    [FieldOffset(16)]
    public ulong CreationId;

    [FieldOffset(24)]
    public long PayloadBytes;

    [FieldOffset(32)]
    public long TableOffset;

    [FieldOffset(40)]
    public long PayloadOffset;

    [FieldOffset(48)]
    public long FileBytes;

    [FieldOffset(56)]
    public uint SlotCount;

    [FieldOffset(60)]
    public uint DescriptorBytes;

    [FieldOffset(64)]
    public uint Node;

    [FieldOffset(68)]
    public uint Algorithm;

    [FieldOffset(72)]
    public int ClusterNameBytes;

    [FieldOffset(80)]
    private fixed byte _clusterName[NameBytes];

    [FieldOffset(ChecksummedBytes)]
    public uint Checksum;

    /// <summary>Name of the cluster.</summary>
    public readonly string ClusterName
    {
        get
        {
            fixed (byte* name = _clusterName)
                return Encoding.UTF8.GetString(name, Math.Clamp(ClusterNameBytes, 0, NameBytes));
        }
    }

    /// <summary>Sizes, as the header has them.</summary>
    public readonly ArenaLayout Layout => new((int)SlotCount, PayloadBytes);

    /// <summary>The header of an arena that is yet to be set up.</summary>
    public static ArenaHeader Create(ShmArenaOptions options, ulong creationId)
    {
        var layout = new ArenaLayout(options.EffectiveSlotCount, options.CapacityBytes);
        var header = new ArenaHeader
        {
            Magic = ExpectedMagic,
            Version = CurrentVersion,
            Stage = ArenaStage.Creating,
            CreationId = creationId,
            PayloadBytes = layout.PayloadBytes,
            TableOffset = ArenaLayout.TableOffset,
            PayloadOffset = layout.PayloadOffset,
            FileBytes = layout.FileBytes,
            SlotCount = (uint)layout.SlotCount,
            DescriptorBytes = Descriptor.SizeBytes,
            Node = options.Node.Value,
            Algorithm = (uint)options.DigestAlgorithm,
        };
        header.ClusterNameBytes = Encoding.UTF8.GetBytes(options.ClusterName, new Span<byte>(header._clusterName, NameBytes));
        header.Checksum = header.ComputeChecksum();
        return header;
    }

    /// <summary>The same header for an arena that is set up.</summary>
    public readonly ArenaHeader Completed()
    {
        var completed = this;
        completed.Stage = ArenaStage.Ready;
        completed.Checksum = completed.ComputeChecksum();
        return completed;
    }

    /// <summary>What is wrong with the header by itself, in words; null when nothing is.</summary>
    public readonly string? FindFault(long fileBytes)
    {
        if (Magic != ExpectedMagic)
            return "it is no arena: its first bytes are not 'CASCARNA'";
        if (Version != CurrentVersion)
            return $"its format version is {Version}, expected {CurrentVersion}";
        if (Checksum != ComputeChecksum())
            return $"its header is damaged: the checksum is {Checksum:x8}, expected {ComputeChecksum():x8}";
        if (SlotCount is 0 or > ArenaLayout.MaxSlotCount || PayloadBytes <= 0 || PayloadBytes % 4096 != 0
            || PayloadBytes > Core.Allocation.SlabAllocator.MaxCapacityBytes || DescriptorBytes != Descriptor.SizeBytes
            || TableOffset != ArenaLayout.TableOffset || PayloadOffset != Layout.PayloadOffset || FileBytes != Layout.FileBytes
            || Stage is not (ArenaStage.Creating or ArenaStage.Ready) || !Enum.IsDefined((DigestAlgorithm)Algorithm))
            return "its header contradicts itself";
        if (Stage == ArenaStage.Ready && fileBytes != FileBytes)
            return $"it is {fileBytes} bytes long, expected {FileBytes}: it was cut or lengthened";
        return null;
    }

    /// <summary>How the arena differs from what is asked for, in words; null when it does not.</summary>
    public readonly string? FindDifference(ShmArenaOptions options)
    {
        if (ClusterName != options.ClusterName)
            return $"it belongs to cluster '{ClusterName}', expected '{options.ClusterName}'";
        if (Node != options.Node.Value)
            return $"it belongs to {new NodeId(Node)}, expected {options.Node}";
        if (Algorithm != (uint)options.DigestAlgorithm)
            return $"its blocks are named by {(DigestAlgorithm)Algorithm}, expected {options.DigestAlgorithm}";
        if (PayloadBytes != options.CapacityBytes)
            return $"its capacity is {PayloadBytes} bytes, expected {options.CapacityBytes}";
        if (SlotCount != options.EffectiveSlotCount)
            return $"it has {SlotCount} slots, expected {options.EffectiveSlotCount}";
        return null;
    }

    private readonly uint ComputeChecksum() =>
        Crc32C.Of(MemoryMarshal.AsBytes(new ReadOnlySpan<ArenaHeader>(in this))[..ChecksummedBytes]);
}
