using Cascade.Core.Allocation;
using Cascade.Core.Identity;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Shm;

/// <summary>What the owner of an open arena knows of it, beside the file: all of it is rebuilt from the descriptor table.</summary>
internal sealed class ArenaState
{
    public ArenaState(ArenaFile file, ShmArenaOptions options, TimeProvider time)
        : this(
            new DescriptorTable(file.Mapping.Address + (nint)ArenaLayout.TableOffset, file.Layout.SlotCount),
            file.Mapping.Address + (nint)file.Layout.PayloadOffset, file.Layout.PayloadBytes, options.MaxLeases, time, file.Mapping)
    {
    }

    /// <summary>Of memory that is no file's: the payload may be memory that this process cannot read, as a device's.</summary>
    public ArenaState(DescriptorTable table, nint payload, long payloadBytes, int maxLeases, TimeProvider time, MappingHandle? mapping = null)
    {
        (Payload, PayloadBytes, Table) = (payload, payloadBytes, table);
        Pins = new PinTable(table.Count);
        Slots = new SlotPool(table.Count);
        Names = new KeyNames(Table, Pins, Slots);
        Ids = new SlotIndex(table.Count);
        Leases = new LeaseTable(maxLeases, Pins, time, mapping);
        Allocator = new SlabAllocator(payloadBytes);
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
