using Cascade.Core.Identity;
using Cascade.Tiers.Gpu;

namespace Cascade.Hosting;

/// <summary>Tiers that a caller may ask for a block in.</summary>
public static class Tier
{
    /// <summary>Device memory of this node.</summary>
    public static GpuTier Gpu => default;
}

/// <summary>Stands for device memory in a call: see <see cref="Tier.Gpu"/>.</summary>
public readonly record struct GpuTier;

/// <summary>Device memory of the caller's own, such as an engine's pages. The caller keeps it in place during the call.</summary>
/// <param name="Pointer">Address of the first byte (CUdeviceptr).</param>
/// <param name="LengthBytes">1 byte to 4 GiB.</param>
/// <param name="Device">The device, by its number in this process: one that the node has memory of.</param>
/// <param name="Stream">
/// A stream of the device's primary context (CUstream; 1 for its default one) that first does what it was given before the call, such as the kernel that writes
/// the bytes, or the last one that reads what is overwritten; 0 when there is nothing to wait for.
/// </param>
public readonly record struct DeviceMemory(nint Pointer, long LengthBytes, int Device = 0, nint Stream = 0);

/// <summary>Outcome of a get in device memory: a lease, or a miss.</summary>
/// <param name="IsHit">True when <paramref name="Lease"/> gives access to the block.</param>
/// <param name="Lease">Access to the bytes; to be disposed. The default value on a miss.</param>
/// <param name="MissReason">Why there is no block there when that is more than "not here". Null otherwise.</param>
public readonly record struct GpuGetResult(bool IsHit, GpuLease Lease, string? MissReason = null) : IDisposable
{
    /// <summary>The plain miss.</summary>
    public static readonly GpuGetResult Miss;

    /// <summary>Where a hit was found: in device memory, or in the tier that it was brought from for this call.</summary>
    public TierKind FoundIn { get; init; }

    /// <summary>Ends the lease of a hit; does nothing on a miss.</summary>
    public void Dispose() => Lease.Dispose();
}

/// <summary>Outcome of a get into device memory of the caller's.</summary>
/// <param name="IsHit">True when the block's bytes are at the head of the destination: kernels on any stream may read them.</param>
/// <param name="LengthBytes">Length of the block.</param>
/// <param name="Tier">Where it was read from.</param>
/// <param name="MissReason">Why there is no block when that is more than "not here". Null otherwise.</param>
public readonly record struct GetIntoDeviceResult(bool IsHit, long LengthBytes, TierKind Tier, string? MissReason = null)
{
    /// <summary>The plain miss.</summary>
    public static readonly GetIntoDeviceResult Miss;
}
