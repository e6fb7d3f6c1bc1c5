using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>What was taken from the driver in one context; given back in the reverse order. One thread at a time.</summary>
/// <remarks>Every member throws <see cref="CudaException"/> when the driver refuses, and holds then what it held before.</remarks>
internal sealed unsafe class GpuHoldings(GpuContext context) : IDisposable
{
    private readonly Stack<(nint Handle, Func<nint, int> Release)> _held = new();

    /// <summary>Memory of the device; its address there.</summary>
    public nint Memory(long lengthBytes)
    {
        using var scope = context.Enter();
        CudaException.Check(Cuda.cuMemAlloc_v2(out var address, checked((nuint)lengthBytes)), nameof(Cuda.cuMemAlloc_v2));
        return Hold(address, Cuda.cuMemFree_v2);
    }

    /// <summary>Memory of the host that stays in place, so that a device can copy it by itself.</summary>
    public nint Pinned(long lengthBytes)
    {
        using var scope = context.Enter();
        var code = Cuda.cuMemHostAlloc(out var address, checked((nuint)lengthBytes), Cuda.CU_MEMHOSTALLOC_PORTABLE);
        CudaException.Check(code, nameof(Cuda.cuMemHostAlloc));
        return Hold(address, Cuda.cuMemFreeHost);
    }

    /// <summary>A stream that does not wait for the default one.</summary>
    public nint Stream()
    {
        using var scope = context.Enter();
        CudaException.Check(Cuda.cuStreamCreate(out var stream, Cuda.CU_STREAM_NON_BLOCKING), nameof(Cuda.cuStreamCreate));
        return Hold(stream, Cuda.cuStreamDestroy_v2);
    }

    /// <summary>An event that tells whether it was reached, and not when.</summary>
    public nint Event()
    {
        using var scope = context.Enter();
        CudaException.Check(Cuda.cuEventCreate(out var made, Cuda.CU_EVENT_DISABLE_TIMING), nameof(Cuda.cuEventCreate));
        return Hold(made, Cuda.cuEventDestroy_v2);
    }

    /// <summary>A module made of PTX text, which ends with a zero byte. The driver compiles it: tens of milliseconds.</summary>
    public nint Module(ReadOnlySpan<byte> ptx)
    {
        using var scope = context.Enter();
        nint module;
        fixed (byte* text = ptx)
            CudaException.Check(Cuda.cuModuleLoadDataEx(out module, text, 0, null, null), nameof(Cuda.cuModuleLoadDataEx));
        return Hold(module, Cuda.cuModuleUnload);
    }

    /// <summary>Gives all back. Waits for work that is under way on it. On a device that failed the calls fail too: what it had is lost anyway.</summary>
    public void Dispose()
    {
        if (_held.Count == 0 || Cuda.cuCtxPushCurrent_v2(context.Handle) != CudaCode.Success)
            return;
        while (_held.TryPop(out var held))
            _ = held.Release(held.Handle);
        _ = Cuda.cuCtxPopCurrent_v2(out _);
    }

    private nint Hold(nint handle, Func<nint, int> release)
    {
        _held.Push((handle, release));
        return handle;
    }
}
