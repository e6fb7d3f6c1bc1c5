using System.Globalization;
using Cascade.Core.Allocation;
using Cascade.Tiers.Native;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Gpu;

/// <summary>Taking the memory.</summary>
public sealed unsafe partial class GpuSlab
{
    // The driver hands device memory out in pages of 2 MiB.
    private const long PageBytes = 2 << 20;

    /// <summary>Takes memory of a device. Takes the time that the driver needs to start a context: up to a second.</summary>
    /// <exception cref="GpuRefusedException">There is no driver or no such device, or it has too little memory free.</exception>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="CudaException">A call of the driver failed.</exception>
    public static GpuSlab Open(GpuSlabOptions options, TimeProvider time, GpuSlabHooks? hooks = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        var context = GpuContext.Open(options.Device);
        var holdings = new GpuHoldings(context);
        try
        {
            var (address, capacityBytes) = TakeMemory(context, holdings, options);
            var slab = new GpuSlab(context, holdings, options, address, capacityBytes, time, hooks ?? GpuSlabHooks.None);
            slab._thread?.Start(slab.Copier);
            return slab;
        }
        catch
        {
            holdings.Dispose();
            context.Dispose();
            throw;
        }
    }

    private static (nint Address, long CapacityBytes) TakeMemory(GpuContext context, GpuHoldings holdings, GpuSlabOptions options)
    {
        var freeBytes = context.FreeBytes();
        var wantedBytes = options.CapacityBytes > 0 ? options.CapacityBytes : Floor((long)(freeBytes * options.FreeShare), PageBytes);
        var leastBytes = options.AllowSmaller ? Math.Min(wantedBytes, options.MinCapacityBytes) : wantedBytes;
        if (options.CapacityBytes == 0)
            leastBytes = Math.Max(leastBytes, options.MinCapacityBytes);
        for (var bytes = wantedBytes; bytes > 0 && bytes >= leastBytes; bytes = Floor(bytes - (bytes / 8), SlabAllocator.GranuleBytes))
        {
            try
            {
                return (holdings.Memory(bytes), bytes);
            }
            catch (CudaException failure) when (failure.Code == CudaCode.OutOfMemory)
            {
                // What is free may lie apart, and others take memory at the same time: only trying tells.
            }
        }

        throw new GpuRefusedException(string.Create(
            CultureInfo.InvariantCulture,
            $"Device {context.Info.Ordinal} ({context.Info.Name}) has {ByteSize.Format(freeBytes)} of {ByteSize.Format(context.Info.TotalBytes)} free, too little for a slab of "
            + $"{ByteSize.Format(wantedBytes)}{(options.AllowSmaller ? $" or down to {ByteSize.Format(options.MinCapacityBytes)}" : "")}: "
            + $"ask for less, or start before what else uses it."));
    }

    /// <summary>Without it the slab serves as well: who puts bytes from the device names them on the host.</summary>
    private GpuDigester? TakeDigester(int pieceChunks)
    {
        try
        {
            return new GpuDigester(_context, _holdings, Math.Min(CapacityBytes, ShmArena.LargestBlockBytes), pieceChunks);
        }
        catch (CudaException failure) when (!failure.IsSticky)
        {
            DigestTrouble = $"device {Device.Ordinal} cannot hash: {failure.Message}";
            return null;
        }
    }

    private static long Floor(long bytes, long unit) => bytes / unit * unit;
}
