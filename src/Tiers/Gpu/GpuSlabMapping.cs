using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>A slab of another process of this machine, mapped to be read in place by kernels of this one. Any thread.</summary>
/// <remarks>Holds no lease: the process that has the slab leases a copy for as long as it is read here.</remarks>
public sealed unsafe class GpuSlabMapping : IDisposable
{
    private readonly GpuContext _context;
    private int _disposed;

    private GpuSlabMapping(GpuContext context, nint address, long capacityBytes) => (_context, DevicePointer, CapacityBytes) = (context, address, capacityBytes);

    /// <summary>Where the slab begins in this process (CUdeviceptr): a copy's first byte is at its location's offset from here.</summary>
    public nint DevicePointer { get; }

    /// <summary>Length of the slab, in bytes.</summary>
    public long CapacityBytes { get; }

    /// <summary>Maps a slab that its process exported.</summary>
    /// <param name="device">The slab's device, by its number in this process.</param>
    /// <param name="export">What <see cref="GpuSlab.Export"/> gave.</param>
    /// <exception cref="ArgumentException">The handle is not one of the driver's.</exception>
    /// <exception cref="GpuRefusedException">There is no driver or no such device, or the slab is another one's.</exception>
    /// <exception cref="CudaException">The driver refuses, as in the process that has the slab.</exception>
    public static GpuSlabMapping Open(int device, GpuSlabExport export)
    {
        ArgumentNullException.ThrowIfNull(export);
        if (export.Handle.Length != Cuda.CUipcMemHandle.Size)
            throw new ArgumentException($"A handle of {export.Handle.Length} bytes is none: it has {Cuda.CUipcMemHandle.Size}.", nameof(export));
        var context = GpuContext.Open(device);
        try
        {
            if (context.Info.Uuid != export.DeviceUuid)
                throw new GpuRefusedException(
                    $"The slab lies on the device {export.DeviceUuid}; device {device} of this process is {context.Info.Uuid}. See CUDA_VISIBLE_DEVICES.");
            var handle = default(Cuda.CUipcMemHandle);
            export.Handle.Span.CopyTo(new Span<byte>(handle.Reserved, Cuda.CUipcMemHandle.Size));
            using var scope = context.Enter();
            var code = Cuda.cuIpcOpenMemHandle_v2(out var address, handle, Cuda.CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS);
            CudaException.Check(code, nameof(Cuda.cuIpcOpenMemHandle_v2));
            return new GpuSlabMapping(context, address, export.CapacityBytes);
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>Copies bytes of the slab to host memory and waits for them: for programs that have no kernels to read them in place.</summary>
    /// <param name="offsetBytes">Where they begin, from the slab's beginning.</param>
    /// <param name="destination">Where they go: as many as it is long.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not all of them are in the slab.</exception>
    /// <exception cref="ObjectDisposedException">The mapping has ended.</exception>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public void Read(long offsetBytes, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offsetBytes, CapacityBytes - destination.Length);
        if (destination.IsEmpty)
            return;
        using var scope = _context.Enter();
        fixed (byte* to = destination)
            CudaException.Check(Cuda.cuMemcpyDtoH_v2(to, DevicePointer + (nint)offsetBytes, (nuint)destination.Length), nameof(Cuda.cuMemcpyDtoH_v2));
    }

    /// <summary>Ends the mapping. Kernels that read it have ended before.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        if (Cuda.cuCtxPushCurrent_v2(_context.Handle) == CudaCode.Success)
        {
            _ = Cuda.cuIpcCloseMemHandle(DevicePointer);
            _ = Cuda.cuCtxPopCurrent_v2(out _);
        }

        _context.Dispose();
    }
}
