using Cascade.Core.Allocation;
using Cascade.Core.Identity;

namespace Cascade.Tiers.Shm;

/// <summary>What the owner of an open arena knows of it, beside the file: all of it is rebuilt from the descriptor table.</summary>
internal sealed class ArenaState
{
    public ArenaState(ArenaFile file, ShmArenaOptions options, TimeProvider time)
    {
        var layout = file.Layout;
        Payload = file.Mapping.Address + (nint)layout.PayloadOffset;
        PayloadBytes = layout.PayloadBytes;
        Table = new DescriptorTable(file.Mapping.Address + (nint)ArenaLayout.TableOffset, layout.SlotCount);
        Pins = new PinTable(layout.SlotCount);
        Slots = new SlotPool(layout.SlotCount);
        Names = new KeyNames(Table, Pins, Slots);
        Ids = new SlotIndex(layout.SlotCount);
        Leases = new LeaseTable(options.MaxLeases, Pins, time, file.Mapping);
        Allocator = new SlabAllocator(layout.PayloadBytes);
    }

    /// <summary>Address of the payload area in this process.</summary>
    public nint Payload { get; }

    public long PayloadBytes { get; }

    public DescriptorTable Table { get; }

    public PinTable Pins { get; }

    public SlotPool Slots { get; }

    public KeyNames Names { get; }

    public SlotIndex Ids { get; }

    public LeaseTable Leases { get; }

    public SlabAllocator Allocator { get; }

    public ReaderGate Gate { get; } = new();

    /// <summary>Finds the slot of a block that may be served. The tier's thread.</summary>
    public bool TryFind(BlockId id, out uint slot)
    {
        for (var cursor = Ids.Find(id.Prefix64); cursor.MoveNext();)
        {
            slot = cursor.Slot;
            if (Table[slot].Id == id && IsServable(slot))
                return true;
        }

        slot = 0;
        return false;
    }

    /// <summary>True while a slot holds a block that may be served.</summary>
    public bool IsServable(uint slot)
    {
        var word = Pins.Read(slot);
        return PinTable.IsLive(word) && !PinTable.IsCorrupt(word) && Table[slot].Kind == DescriptorKind.Resident;
    }
}
