using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Gpu;

/// <summary>How readers of this process find copies in a slab and hold them in place.</summary>
/// <remarks>
/// All members may be called on any thread, allocate nothing, take no lock and ask no driver. When the device has failed, or the slab is disposed, nothing
/// is found any more.
/// </remarks>
public sealed class GpuDirectory
{
    private readonly ShmDirectory _found;
    private readonly int _device;
    private readonly nint _slab;

    internal GpuDirectory(ShmDirectory found, int device, nint slab) => (_found, _device, _slab) = (found, device, slab);

    /// <summary>Leases held now: counts over the whole lease table.</summary>
    public int HeldLeases => _found.HeldLeases;

    /// <summary>Leases the block that a key names, and says what came of it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The duration is not positive, or longer than 7 days.</exception>
    public LeaseOutcome Lease(KeyDigest key, TimeSpan duration, out GpuLease lease)
    {
        var outcome = _found.Lease(key, duration, out var held);
        lease = new GpuLease(held, _device, _slab);
        return outcome;
    }

    /// <summary>Leases a block, and says what came of it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The duration is not positive, or longer than 7 days.</exception>
    public LeaseOutcome Lease(BlockId id, TimeSpan duration, out GpuLease lease)
    {
        var outcome = _found.Lease(id, duration, out var held);
        lease = new GpuLease(held, _device, _slab);
        return outcome;
    }

    /// <summary>Leases the copy that lies where it was said to lie, and says what came of it.</summary>
    /// <returns><see cref="LeaseOutcome.Missing"/> as well when the place holds another copy by now.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The duration is not positive, or longer than 7 days.</exception>
    public LeaseOutcome Lease(in CopyLocation copy, TimeSpan duration, out GpuLease lease)
    {
        var outcome = _found.Lease(copy, duration, out var held);
        lease = new GpuLease(held, _device, _slab);
        return outcome;
    }

    /// <summary>True when the key names a block here.</summary>
    public bool Contains(KeyDigest key) => _found.Contains(key);

    /// <summary>Says which block a key names here, and where it lies.</summary>
    public bool TryDescribe(KeyDigest key, out CopyLocation copy, out BlockId id) => _found.TryDescribe(key, out copy, out id);

    /// <summary>Says where a block lies here.</summary>
    public bool TryDescribe(BlockId id, out CopyLocation copy) => _found.TryDescribe(id, out copy);
}
