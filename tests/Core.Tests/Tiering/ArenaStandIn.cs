using Cascade.Core.Allocation;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tests.Tiering;

/// <summary>Stands in for the Shm arena, which cannot be had in Core's tests: the same port over the real allocator, no bytes.</summary>
internal sealed class ArenaStandIn(long capacityBytes, int slots, uint node = 1) : IBlockArena, IDisposable
{
    private readonly SlabAllocator _slab = new(capacityBytes);
    private readonly Entry?[] _entries = new Entry?[slots];
    private readonly uint[] _generations = new uint[slots];

    private sealed class Entry
    {
        public required Reservation Reservation { get; init; }
        public BlockId? Id { get; set; }
        public List<KeyBinding> Keys { get; } = [];
    }

    public HashSet<uint> Pinned { get; } = [];

    /// <summary>False stands for a descriptor table that is full.</summary>
    public bool HasAliasRoom { get; set; } = true;

    public int Expiries { get; private set; }

    public long CapacityBytes => _slab.CapacityBytes;

    public long FreeBytes => _slab.FreeBytes;

    public long MaxBlockBytes => _slab.CapacityBytes;

    public int SlotCount => slots;

    public int FreeSlots => _entries.Count(e => e is null);

    public int Reservations => _entries.Count(e => e is { Id: null });

    public IEnumerable<(uint Slot, BlockId Id)> Residents =>
        Enumerable.Range(0, slots).Where(s => _entries[s]?.Id is not null).Select(s => ((uint)s, _entries[s]!.Id!.Value));

    public bool TryReserve(long lengthBytes, out Reservation reservation)
    {
        reservation = default;
        var slot = Array.IndexOf(_entries, null);
        if (slot < 0 || !_slab.TryAllocate(lengthBytes, out var offset))
            return false;
        reservation = new Reservation((uint)slot, ++_generations[slot], offset, lengthBytes);
        _entries[slot] = new Entry { Reservation = reservation };
        return true;
    }

    public CopyLocation Publish(in Reservation reservation, BlockId id, in KeyBinding binding)
    {
        if (TryFind(id, out _))
            throw new InvalidOperationException("The block is here already.");
        var entry = _entries[reservation.Slot]!;
        Assert.Equal(reservation, entry.Reservation);
        Assert.Null(entry.Id);
        entry.Id = id;
        if (!binding.Key.IsZero)
            TryName(entry, binding);
        return Location(reservation.Slot);
    }

    public void Cancel(in Reservation reservation)
    {
        Assert.Equal(reservation, _entries[reservation.Slot]!.Reservation);
        Assert.Null(_entries[reservation.Slot]!.Id);
        Clear(reservation.Slot);
    }

    public bool TryBindAlias(BlockId id, in KeyBinding binding) =>
        TryFind(id, out var copy) && (HasAliasRoom || Knows(binding.Key)) && TryName(_entries[copy.Slot]!, binding);

    public bool Knows(KeyDigest key) => _entries.Any(e => e is not null && e.Keys.Exists(k => k.Key == key));

    public bool Unbind(KeyDigest key) => _entries.Any(e => e is not null && e.Keys.RemoveAll(k => k.Key == key) > 0);

    public bool IsPinned(uint slot) => Pinned.Contains(slot);

    public bool TryFree(uint slot, uint generation)
    {
        if (Pinned.Contains(slot) || _entries[slot]?.Id is null || Location(slot).Generation != generation)
            return false;
        Clear(slot);
        return true;
    }

    public bool TryFind(BlockId id, out CopyLocation copy)
    {
        for (uint slot = 0; slot < slots; slot++)
        {
            if (_entries[slot]?.Id == id)
            {
                copy = Location(slot);
                return true;
            }
        }

        copy = default;
        return false;
    }

    /// <summary>What readers do: finds the copy that a key names.</summary>
    public bool TryFind(KeyDigest key, out CopyLocation copy, out BlockId id, out KeyBinding binding)
    {
        for (uint slot = 0; slot < slots; slot++)
        {
            if (_entries[slot] is not { Id: { } named } entry || entry.Keys.FindIndex(k => k.Key == key) is var at && at < 0)
                continue;
            (copy, id, binding) = (Location(slot), named, entry.Keys[at]);
            return true;
        }

        (copy, id, binding) = (default, default, default);
        return false;
    }

    public void CollectKeys(uint slot, List<KeyBinding> into) => into.AddRange(_entries[slot]!.Keys);

    public void Visit(Action<CopyLocation, BlockId, KeyBinding> visitor)
    {
        foreach (var (slot, id) in Residents)
            visitor(Location(slot), id, _entries[slot]!.Keys.FirstOrDefault());
    }

    public int ExpireLeases(TimeSpan now)
    {
        Expiries++;
        return 0;
    }

    public void Dispose() => _slab.Dispose();

    /// <summary>Of two bindings of a key the later stamp holds.</summary>
    private bool TryName(Entry entry, KeyBinding binding)
    {
        if (TryFind(binding.Key, out var copy, out _, out var former) && former.Stamp > binding.Stamp)
            return ReferenceEquals(_entries[copy.Slot], entry);
        Unbind(binding.Key);
        entry.Keys.Add(binding);
        return true;
    }

    private CopyLocation Location(uint slot)
    {
        var reserved = _entries[slot]!.Reservation;
        return new CopyLocation(new NodeId(node), TierKind.Shm, slot, reserved.Generation, reserved.OffsetBytes, reserved.LengthBytes);
    }

    private void Clear(uint slot)
    {
        _slab.Free(_entries[slot]!.Reservation.OffsetBytes);
        _entries[slot] = null;
        _generations[slot]++;
    }
}
