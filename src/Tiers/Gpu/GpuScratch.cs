using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>Memory of a device, and as much of the host that the device copies by itself, outside of any tier: for measuring and for checking. One thread at a time.</summary>
/// <remarks>
/// Its copies are the driver's own and nothing else: the measure that figures of the tier are a ratio to. They go block by block, so many in flight, over two streams,
/// as those of a slab do unless it is told otherwise.
/// </remarks>
public sealed class GpuScratch : IDisposable
{
    private const int Streams = 2;

    private readonly GpuContext _context;
    private readonly GpuHoldings _holdings;
    private readonly int _blockBytes;
    private readonly int _blocks;
    private readonly nint[] _streams;
    private readonly nint[] _events;
    private readonly TimeProvider _time;

    private GpuScratch(GpuContext context, int blockBytes, int blocks, int inFlight, TimeProvider time)
    {
        (_context, _blockBytes, _blocks, _time) = (context, blockBytes, blocks, time);
        _holdings = new GpuHoldings(context);
        try
        {
            DevicePointer = _holdings.Memory(LengthBytes);
            HostPointer = _holdings.Pinned(LengthBytes);
            _streams = [.. Enumerable.Range(0, Streams).Select(_ => _holdings.Stream())];
            _events = [.. Enumerable.Range(0, inFlight).Select(_ => _holdings.Event())];
        }
        catch
        {
            _holdings.Dispose();
            throw;
        }
    }

    /// <summary>Length of either memory.</summary>
    public long LengthBytes => (long)_blockBytes * _blocks;

    /// <summary>The device's memory (CUdeviceptr).</summary>
    public nint DevicePointer { get; }

    /// <summary>The host's.</summary>
    public nint HostPointer { get; }

    /// <summary>Takes the memory.</summary>
    /// <param name="device">The device, by its number in this process.</param>
    /// <param name="blockBytes">Length of a copy: 1 byte or more.</param>
    /// <param name="blocks">How many there is room for: 1 or more.</param>
    /// <param name="inFlight">Copies that the driver is given at a time: 1 to 256.</param>
    /// <param name="time">What the time is taken from.</param>
    /// <exception cref="GpuRefusedException">There is no driver or no such device.</exception>
    /// <exception cref="CudaException">A call of the driver failed, as when there is no such memory.</exception>
    public static GpuScratch Open(int device, int blockBytes, int blocks, int inFlight, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blockBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blocks);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inFlight);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(inFlight, 256);
        var context = GpuContext.Open(device);
        try
        {
            return new GpuScratch(context, blockBytes, blocks, inFlight, time);
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>Copies all blocks from the host to the device and waits; gives bytes a second.</summary>
    /// <exception cref="CudaException">A call of the driver failed.</exception>
    public double CopyToDevice() => Copy(
        (offset, stream) => CudaException.Check(
            Cuda.cuMemcpyHtoDAsync_v2(DevicePointer + offset, HostPointer + offset, (nuint)_blockBytes, stream), nameof(Cuda.cuMemcpyHtoDAsync_v2)));

    /// <summary>The same from the device to the host.</summary>
    /// <exception cref="CudaException">A call of the driver failed.</exception>
    public double CopyToHost() => Copy(
        (offset, stream) => CudaException.Check(
            Cuda.cuMemcpyDtoHAsync_v2(HostPointer + offset, DevicePointer + offset, (nuint)_blockBytes, stream), nameof(Cuda.cuMemcpyDtoHAsync_v2)));

    /// <inheritdoc/>
    public void Dispose()
    {
        _holdings.Dispose();
        _context.Dispose();
    }

    private double Copy(Action<nint, nint> start)
    {
        using var scope = _context.Enter();
        var begun = _time.GetTimestamp();
        for (var block = 0; block < _blocks + _events.Length; block++)
        {
            // The event of a place is that of the block so many before.
            if (block >= _events.Length)
                Await(_events[block % _events.Length]);
            if (block >= _blocks)
                continue;
            var stream = _streams[block % Streams];
            start((nint)block * _blockBytes, stream);
            CudaException.Check(Cuda.cuEventRecord(_events[block % _events.Length], stream), nameof(Cuda.cuEventRecord));
        }

        return LengthBytes / _time.GetElapsedTime(begun).TotalSeconds;
    }

    private static void Await(nint reached)
    {
        int code;
        while ((code = Cuda.cuEventQuery(reached)) == CudaCode.NotReady)
            Thread.Yield();
        CudaException.Check(code, nameof(Cuda.cuEventQuery));
    }
}
