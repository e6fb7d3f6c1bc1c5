using System.Diagnostics;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>A device's primary context, the one that the CUDA runtime of an engine in this process uses too; held until this is disposed. Any thread.</summary>
internal sealed class GpuContext : IDisposable
{
    private readonly int _device;
    private bool _disposed;

    private GpuContext(int device, nint handle, GpuDeviceInfo info) => (_device, Handle, Info) = (device, handle, info);

    public GpuDeviceInfo Info { get; }

    /// <summary>The driver's CUcontext.</summary>
    public nint Handle { get; }

    /// <exception cref="GpuRefusedException">There is no driver, or no such device.</exception>
    /// <exception cref="CudaException">A call of the driver failed.</exception>
    public static GpuContext Open(int ordinal)
    {
        if (!CudaLibrary.TryLoad(out var probe))
            throw new GpuRefusedException($"Device {ordinal} cannot be used: {probe.Message}.");
        if (ordinal < 0 || ordinal >= probe.Devices)
            throw new GpuRefusedException($"There is no device {ordinal}: this process sees {probe.Devices}, counted from 0. See CUDA_VISIBLE_DEVICES.");
        CudaException.Check(Cuda.cuDeviceGet(out var device, ordinal), nameof(Cuda.cuDeviceGet));
        var info = GpuDeviceInfo.Read(device, ordinal);
        CudaException.Check(Cuda.cuDevicePrimaryCtxRetain(out var handle, device), nameof(Cuda.cuDevicePrimaryCtxRetain));
        return new GpuContext(device, handle, info);
    }

    /// <summary>Makes the context the calling thread's until the scope is disposed; then the thread has again what it had.</summary>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public Scope Enter()
    {
        CudaException.Check(Cuda.cuCtxPushCurrent_v2(Handle), nameof(Cuda.cuCtxPushCurrent_v2));
        return new Scope(Handle);
    }

    /// <summary>Memory of the device that nobody has taken; what a context takes is.</summary>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public long FreeBytes()
    {
        using var scope = Enter();
        CudaException.Check(Cuda.cuMemGetInfo_v2(out var free, out _), nameof(Cuda.cuMemGetInfo_v2));
        return (long)free;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;

        // It fails for a device that has failed: what there was of it went with its context.
        _ = Cuda.cuDevicePrimaryCtxRelease_v2(_device);
    }

    internal readonly ref struct Scope(nint handle)
    {
        private readonly nint _handle = handle;

        public void Dispose()
        {
            _ = Cuda.cuCtxPopCurrent_v2(out var popped);
            Debug.Assert(popped == _handle, "Another context was pushed within the scope and left there.");
        }
    }
}
