using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>The device memory of a node: one slab a device, seen by its tier as one arena whose slots count through all of them.</summary>
/// <remarks>
/// A block lies on one device: on the one with the most room when it came, as far as that has it in one piece. Of a device that has failed nothing is set aside or
/// leased any more. As with a slab, one thread at a time calls the members of <see cref="IBlockArena"/>, and any thread the others.
/// </remarks>
public sealed partial class GpuPool : IBlockArena, IDisposable
{
    private readonly Part[] _parts;

    private GpuPool(Part[] parts)
    {
        _parts = parts;
        SlotCount = parts.Sum(static part => part.Slab.SlotCount);
    }

    /// <summary>Told of every lease from then on, by the slots of the pool. To be set once, before the first.</summary>
    public IReadNotes? Reads
    {
        set
        {
            foreach (var part in _parts)
                part.Notes.Reads = value;
        }
    }

    /// <summary>The slabs, in the order of their slots.</summary>
    public IEnumerable<GpuSlab> Slabs => _parts.Select(static part => part.Slab);

    /// <inheritdoc/>
    public long CapacityBytes => _parts.Sum(static part => part.Slab.CapacityBytes);

    /// <inheritdoc/>
    /// <remarks>Also of a device that has failed: what it held is let go of, and nobody need make room there.</remarks>
    public long FreeBytes => _parts.Sum(static part => part.Slab.FreeBytes);

    /// <inheritdoc/>
    public long MaxBlockBytes => _parts.Max(static part => part.Slab.MaxBlockBytes);

    /// <inheritdoc/>
    public int SlotCount { get; }

    /// <inheritdoc/>
    public int FreeSlots => _parts.Sum(static part => part.Slab.FreeSlots);

    /// <summary>Why no device can be used any more, in words; null while one can.</summary>
    public string? Failure => Array.TrueForAll(_parts, static part => part.Slab.Failure is not null) ? $"device memory has failed: {_parts[0].Slab.Failure!.Message}" : null;

    private IEnumerable<Part> Working => _parts.Where(static part => part.Slab.Failure is null);

    /// <summary>Takes memory of devices.</summary>
    /// <param name="devices">What to take of each: one device once.</param>
    /// <param name="time">The node's time.</param>
    /// <param name="onAccess">Called with <see cref="BlockId.Prefix64"/> of every block leased, on the reader's thread. Must not block or allocate.</param>
    /// <param name="onFailed">Called once of a slab whose device has failed, with its slots, on a thread that must not be held up.</param>
    /// <exception cref="GpuRefusedException">There is no driver or no such device, or it has too little memory free: none is taken then.</exception>
    /// <exception cref="ArgumentException">An option is outside its range, or a device is named twice.</exception>
    /// <exception cref="CudaException">A call of the driver failed.</exception>
    public static GpuPool Open(
        IReadOnlyList<GpuSlabOptions> devices, TimeProvider time, Action<ulong>? onAccess = null, Action<GpuPool, GpuLoss>? onFailed = null)
    {
        ArgumentNullException.ThrowIfNull(devices);
        if (devices.Count == 0 || devices.DistinctBy(static options => options.Device).Count() < devices.Count)
            throw new ArgumentException("A pool is made of one or more devices, each named once.", nameof(devices));
        var parts = new List<Part>();
        GpuPool? pool = null;
        try
        {
            foreach (var options in devices)
            {
                var part = new Part(parts.Sum(static before => before.Slab.SlotCount));
                part.Open(options, time, onAccess, failure =>
                {
                    // A device that fails before the pool is there fails its first copy too, and is told of then by what comes of that.
                    if (Volatile.Read(ref pool) is { } whole)
                        onFailed?.Invoke(whole, new GpuLoss(part.Slab.Device, failure, (uint)part.FirstSlot, part.Slab.SlotCount));
                });
                parts.Add(part);
            }

            var opened = new GpuPool([.. parts]);
            Volatile.Write(ref pool, opened);
            return opened;
        }
        catch
        {
            foreach (var part in parts)
                part.Slab.Dispose();
            throw;
        }
    }

    /// <summary>The slab of a device; null when the pool has none of it.</summary>
    public GpuSlab? On(int device) => Array.Find(_parts, part => part.Slab.Device.Ordinal == device)?.Slab;

    /// <summary>The slab that a slot of the pool is in.</summary>
    public GpuSlab SlabOf(uint slot) => PartOf(slot).Slab;

    /// <summary>Where a reservation is to be filled, in device memory.</summary>
    public nint AddressOf(in Reservation reservation)
    {
        var part = PartOf(reservation.Slot);
        return part.Slab.AddressOf(part.Inward(reservation));
    }

    /// <inheritdoc/>
    public bool TryReserve(long lengthBytes, out Reservation reservation)
    {
        foreach (var part in Working.OrderByDescending(static part => part.Slab.FreeBytes))
        {
            if (part.Slab.TryReserve(lengthBytes, out var inner))
            {
                reservation = inner with { Slot = inner.Slot + (uint)part.FirstSlot };
                return true;
            }
        }

        reservation = default;
        return false;
    }

    /// <inheritdoc/>
    public CopyLocation Publish(in Reservation reservation, BlockId id, in KeyBinding binding)
    {
        var part = PartOf(reservation.Slot);
        return part.Outward(part.Slab.Publish(part.Inward(reservation), id, binding));
    }

    /// <inheritdoc/>
    public void Cancel(in Reservation reservation)
    {
        var part = PartOf(reservation.Slot);
        part.Slab.Cancel(part.Inward(reservation));
    }

    /// <inheritdoc/>
    public bool TryBindAlias(BlockId id, in KeyBinding binding)
    {
        foreach (var part in _parts)
        {
            if (part.Slab.TryFind(id, out _))
                return part.Slab.TryBindAlias(id, binding);
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Knows(KeyDigest key) => Array.Exists(_parts, part => part.Slab.Knows(key));

    /// <inheritdoc/>
    public bool Unbind(KeyDigest key)
    {
        var was = false;
        foreach (var part in _parts)
            was |= part.Slab.Unbind(key);
        return was;
    }

    /// <inheritdoc/>
    public bool IsPinned(uint slot)
    {
        var part = PartOf(slot);
        return part.Slab.IsPinned(slot - (uint)part.FirstSlot);
    }

    /// <inheritdoc/>
    public bool TryFree(uint slot, uint generation)
    {
        var part = PartOf(slot);
        return part.Slab.TryFree(slot - (uint)part.FirstSlot, generation);
    }

    /// <inheritdoc/>
    public bool TryFind(BlockId id, out CopyLocation copy)
    {
        foreach (var part in _parts)
        {
            if (part.Slab.TryFind(id, out copy))
            {
                copy = part.Outward(copy);
                return true;
            }
        }

        copy = default;
        return false;
    }

    /// <inheritdoc/>
    public void CollectKeys(uint slot, List<KeyBinding> into)
    {
        var part = PartOf(slot);
        part.Slab.CollectKeys(slot - (uint)part.FirstSlot, into);
    }

    /// <inheritdoc/>
    public void Visit(Action<CopyLocation, BlockId, KeyBinding> visitor)
    {
        foreach (var part in _parts)
            part.Slab.Visit((copy, id, binding) => visitor(part.Outward(copy), id, binding));
    }

    /// <inheritdoc/>
    public int ExpireLeases(TimeSpan now)
    {
        // The tier's clock may be another than that of the leases: each slab knows its own.
        var ended = 0;
        foreach (var part in _parts)
            ended += part.Slab.ExpireLeases(part.Slab.Now);
        return ended;
    }

    /// <summary>Gives the memory of all devices back: see <see cref="GpuSlab.Dispose"/>.</summary>
    public void Dispose()
    {
        foreach (var part in _parts)
            part.Slab.Dispose();
    }

    private Part PartOf(uint slot)
    {
        foreach (var part in _parts)
        {
            if (slot - (uint)part.FirstSlot < (uint)part.Slab.SlotCount)
                return part;
        }

        throw new ArgumentOutOfRangeException(nameof(slot), slot, $"Device memory has the slots 0 to {SlotCount - 1}.");
    }

    /// <summary>A slab, and where its slots begin among those of the pool.</summary>
    private sealed class Part(int firstSlot)
    {
        private GpuSlab? _slab;

        public int FirstSlot => firstSlot;

        public GpuSlab Slab => _slab!;

        public ShiftedNotes Notes { get; } = new((uint)firstSlot);

        public void Open(GpuSlabOptions options, TimeProvider time, Action<ulong>? onAccess, Action<CudaException> onFailed) =>
            _slab = GpuSlab.Open(options, time, new GpuSlabHooks { Reads = Notes, OnAccess = onAccess, OnFailed = onFailed });

        public CopyLocation Outward(in CopyLocation copy) => copy with { Slot = copy.Slot + (uint)firstSlot };

        public Reservation Inward(in Reservation reservation) => reservation with { Slot = reservation.Slot - (uint)firstSlot };
    }

    private sealed class ShiftedNotes(uint by) : IReadNotes
    {
        private IReadNotes? _reads;

        public IReadNotes? Reads { set => Volatile.Write(ref _reads, value); }

        public void Touch(uint slot) => Volatile.Read(ref _reads)?.Touch(slot + by);
    }
}
