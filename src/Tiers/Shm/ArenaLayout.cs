using Cascade.Tiers.Native;

namespace Cascade.Tiers.Shm;

/// <summary>Where things lie in an arena file: a header page, the descriptor table, then the payload at a huge-page boundary.</summary>
/// <param name="SlotCount">Entries of the descriptor table.</param>
/// <param name="PayloadBytes">Size of the payload area.</param>
internal readonly record struct ArenaLayout(int SlotCount, long PayloadBytes)
{
    /// <summary>Length of the header page, in bytes.</summary>
    public const int HeaderBytes = 4096;

    /// <summary>Most entries of a descriptor table: what 48 GiB of table hold.</summary>
    public const int MaxSlotCount = 1 << 28;

    /// <summary>Where the descriptor table begins.</summary>
    public const long TableOffset = HeaderBytes;

    /// <summary>Length of the descriptor table, in bytes.</summary>
    public long TableBytes => (long)SlotCount * Descriptor.SizeBytes;

    /// <summary>Where the payload begins: a multiple of 2 MiB.</summary>
    public long PayloadOffset =>
        (TableOffset + TableBytes + MappingHandle.HugePageBytes - 1) / MappingHandle.HugePageBytes * MappingHandle.HugePageBytes;

    /// <summary>Length of the file, in bytes.</summary>
    public long FileBytes => PayloadOffset + PayloadBytes;
}
