using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>Which way a copy goes.</summary>
public enum GpuCopyKind
{
    /// <summary>From host memory into the slab.</summary>
    ToDevice = 0,

    /// <summary>From the slab into host memory.</summary>
    ToHost = 1,

    /// <summary>Between the slab and other memory of its device, or within the slab.</summary>
    OnDevice = 2,

    /// <summary>From host memory into device memory that is not the slab's.</summary>
    HostToCaller = 3,

    /// <summary>From device memory that is not the slab's into host memory.</summary>
    CallerToHost = 4,

    /// <summary>The BLAKE3 digest of device memory, of the slab or not, at a multiple of 16 bytes: 32 bytes into host memory. The last of the kinds: not every device has it.</summary>
    Digest = 5,
}

/// <summary>A copy that a slab is to make. Both ends stay in place, and the source unchanged, until it has ended: by a lease, or a reservation.</summary>
/// <param name="Kind">Which way it goes.</param>
/// <param name="From">Address of the first byte, in host or device memory.</param>
/// <param name="To">Where that byte goes.</param>
/// <param name="LengthBytes">Bytes to copy, or to name: at least 1.</param>
/// <param name="AfterStream">
/// With all kinds but those between host memory and the slab: a stream that does first what it was given before (CUstream of the device's primary
/// context; 1 for its default one); 0 for none.
/// </param>
public readonly record struct GpuCopy(GpuCopyKind Kind, nint From, nint To, long LengthBytes, nint AfterStream = 0)
{
    /// <summary>True for copies that memory of the caller's own takes part in: they wait for its streams.</summary>
    internal static bool WaitsForStreams(GpuCopyKind kind) => kind is not (GpuCopyKind.ToDevice or GpuCopyKind.ToHost);
}

/// <summary>What became of starting a copy.</summary>
public enum GpuCopyStart
{
    /// <summary>It will end, and be told of, once.</summary>
    Started = 0,

    /// <summary>As many copies are under way as the slab takes. Trying again later may succeed.</summary>
    Busy = 1,

    /// <summary>The slab is closed, or its device has failed.</summary>
    Closed = 2,
}

/// <summary>How a copy ended.</summary>
/// <param name="Failure">Why not all bytes are there; null when they are.</param>
/// <param name="MayStillMove">
/// True when bytes may still arrive, or be read, because the device no longer answers: both ends then stay out of use until the process ends.
/// </param>
public readonly record struct GpuCopyResult(CudaException? Failure, bool MayStillMove)
{
    /// <summary>True when all bytes are where they were to go.</summary>
    public bool Succeeded => Failure is null;
}
