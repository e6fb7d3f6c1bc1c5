using System.Globalization;
using Cascade.Core.Allocation;
using Cascade.Core.Identity;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Gpu;

/// <summary>What a slab of device memory is to be.</summary>
public sealed record GpuSlabOptions
{
    // As for the arena of shared memory: a descriptor for each 128 KiB.
    private const long BytesPerDefaultSlot = 128 << 10;

    private const int MinDefaultSlots = 1024;

    /// <summary>The node whose slab it is.</summary>
    public required NodeId Node { get; init; }

    /// <summary>The device, by its number in this process.</summary>
    public int Device { get; init; }

    /// <summary>Size of the slab, in bytes: a multiple of 4 KiB; 0 takes <see cref="FreeShare"/>.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>Where no size is given: how much of the memory that is free at start, above 0 and up to 1. An engine needs the rest.</summary>
    public double FreeShare { get; init; } = 0.25;

    /// <summary>Takes a smaller slab when the device has less memory free, in steps of an eighth down to <see cref="MinCapacityBytes"/>; else the start is refused.</summary>
    public bool AllowSmaller { get; init; } = true;

    /// <summary>The smallest slab that is worth having, in bytes: a multiple of 4 KiB.</summary>
    public long MinCapacityBytes { get; init; } = 64 << 20;

    /// <summary>Entries of the descriptor table, for blocks and further keys; 0 derives it: one for each 128 KiB, at least 1,024.</summary>
    public int SlotCount { get; init; }

    /// <summary>Leases that may be held at once: 1 to 16,777,216.</summary>
    public int MaxLeases { get; init; } = 65_536;

    /// <summary>Copies that may be under way or wait, of all kinds: 1 to 1,048,576.</summary>
    public int CopiesMax { get; init; } = 1024;

    /// <summary>Pieces of each direction that the driver has at a time: 2 to 64.</summary>
    public int PiecesInFlight { get; init; } = 4;

    /// <summary>Bytes of a piece that goes through staging memory: a multiple of 4 KiB up to 1 GiB. Staging takes twice <see cref="PiecesInFlight"/> of them.</summary>
    public int PieceBytes { get; init; } = 4 << 20;

    /// <summary>Streams of each direction: 1 to 16.</summary>
    public int StreamsPerDirection { get; init; } = 2;

    /// <summary>After that long without an answer to a copy the device counts as failed.</summary>
    public TimeSpan StallLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message says which.</exception>
    internal void Validate()
    {
        Require(IsGranular(CapacityBytes) && CapacityBytes >= 0, $"a slab of {CapacityBytes} bytes: give a multiple of {SlabAllocator.GranuleBytes}");
        Require(FreeShare is > 0 and <= 1, $"a share of {FreeShare} of the free memory: give more than 0 and at most 1");
        Require(IsGranular(MinCapacityBytes) && MinCapacityBytes > 0, $"a least size of {MinCapacityBytes} bytes: give a multiple of {SlabAllocator.GranuleBytes}");
        Require(SlotCount is >= 0 and <= ArenaLayout.MaxSlotCount, $"{SlotCount} slots: give 1 to {ArenaLayout.MaxSlotCount}, or 0 for the default");
        Require(MaxLeases is >= 1 and <= ShmArenaOptions.MaxLeasesLimit, $"{MaxLeases} leases: give 1 to {ShmArenaOptions.MaxLeasesLimit}");
        Require(CopiesMax is >= 1 and <= 1 << 20, $"{CopiesMax} copies: give 1 to {1 << 20}");
        Require(PiecesInFlight is >= 2 and <= 64, $"{PiecesInFlight} pieces in flight: give 2 to 64");
        Require(IsGranular(PieceBytes) && PieceBytes is > 0 and <= 1 << 30, $"pieces of {PieceBytes} bytes: give a multiple of {SlabAllocator.GranuleBytes} up to {1 << 30}");
        Require(StreamsPerDirection is >= 1 and <= 16, $"{StreamsPerDirection} streams: give 1 to 16");
        Require(StallLimit > TimeSpan.Zero, $"a stall limit of {StallLimit}: give a positive time");
    }

    internal int SlotsFor(long capacityBytes) =>
        SlotCount > 0 ? SlotCount : (int)Math.Clamp(capacityBytes / BytesPerDefaultSlot, MinDefaultSlots, ArenaLayout.MaxSlotCount);

    private static bool IsGranular(long bytes) => bytes % SlabAllocator.GranuleBytes == 0;

    private static void Require(bool holds, FormattableString wrong)
    {
        if (!holds)
            throw new ArgumentException($"Device memory cannot have {wrong.ToString(CultureInfo.InvariantCulture)}.");
    }
}
