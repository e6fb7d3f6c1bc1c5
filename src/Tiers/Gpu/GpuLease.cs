using Cascade.Core.Identity;
using Cascade.Core.Leases;

namespace Cascade.Tiers.Gpu;

/// <summary>Read access to a block in device memory: until it is disposed or its time is over the bytes neither move nor change.</summary>
/// <remarks>
/// <para>
/// The bytes are all there when the lease is given: a kernel on any stream of the device may read them at once, without waiting for an event. The lease
/// knows nothing of kernels: it is kept, and renewed, until the last one that reads the bytes has ended (its stream was waited for).
/// </para>
/// <para>
/// A lease is a value that names an entry in its slab; copies of it name the same entry, and disposing any of them ends it. When the device fails,
/// or the slab is closed, all leases end. All members are thread-safe and allocate nothing.
/// </para>
/// </remarks>
public readonly struct GpuLease : IDisposable, IEquatable<GpuLease>
{
    private readonly BlockLease _lease;

    private readonly nint _slab;

    internal GpuLease(in BlockLease lease, int device, nint slab) => (_lease, Device, _slab) = (lease, device, slab);

    /// <summary>Name of the block.</summary>
    public BlockId Id => _lease.Id;

    /// <summary>Length of the block, in bytes: 1 to 4 GiB.</summary>
    public long LengthBytes => _lease.LengthBytes;

    /// <summary>Address of the first byte in device memory (CUdeviceptr), at a multiple of 4 KiB from the slab's beginning. The host cannot read it.</summary>
    public nint DevicePointer => _lease.Address;

    /// <summary>Where the first byte is in the slab, for a process that has mapped it: see <see cref="GpuSlabExport"/>.</summary>
    public long OffsetBytes => DevicePointer - _slab;

    /// <summary>The device, by its number in this process.</summary>
    public int Device { get; }

    /// <summary>True while the bytes are held in place.</summary>
    public bool IsHeld => _lease.IsHeld;

    /// <summary>Extends the lease to end <paramref name="duration"/> from now; false when it has ended already.</summary>
    public bool TryRenew(TimeSpan duration) => _lease.TryRenew(duration);

    /// <summary>Ends the lease. Repeating it does nothing.</summary>
    public void Dispose() => _lease.Dispose();

    /// <inheritdoc/>
    public bool Equals(GpuLease other) => _lease.Equals(other._lease) && Device == other.Device && _slab == other._slab;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GpuLease other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _lease.GetHashCode();

    /// <summary>The same lease.</summary>
    public static bool operator ==(GpuLease left, GpuLease right) => left.Equals(right);

    /// <summary>Different leases.</summary>
    public static bool operator !=(GpuLease left, GpuLease right) => !left.Equals(right);
}
