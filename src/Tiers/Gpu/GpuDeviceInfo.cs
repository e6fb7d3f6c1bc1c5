using System.Text;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>What the driver says of a device.</summary>
/// <param name="Ordinal">Its number in this process: 0 for the first of those that CUDA_VISIBLE_DEVICES leaves.</param>
/// <param name="Name">The product's name.</param>
/// <param name="Uuid">Tells the device from all others, in every process and container: hexadecimal, as nvidia-smi writes it after "GPU-".</param>
/// <param name="TotalBytes">All its memory.</param>
/// <param name="ComputeCapability">10 times the major and the minor number: 90 for 9.0.</param>
/// <param name="CopyEngines">Copies that it runs at the same time, beside kernels.</param>
public sealed record GpuDeviceInfo(int Ordinal, string Name, string Uuid, long TotalBytes, int ComputeCapability, int CopyEngines)
{
    private const int NameBytesMax = 256;

    /// <summary>Lists the devices of this process without taking memory of them; none where there is no driver, or it has no device.</summary>
    /// <exception cref="CudaException">A call of the driver failed.</exception>
    public static IReadOnlyList<GpuDeviceInfo> List()
    {
        if (!CudaLibrary.TryLoad(out var probe))
            return [];
        return [.. Enumerable.Range(0, probe.Devices).Select(ordinal =>
        {
            CudaException.Check(Cuda.cuDeviceGet(out var device, ordinal), nameof(Cuda.cuDeviceGet));
            return Read(device, ordinal);
        })];
    }

    /// <summary>Memory of a device that nobody has taken, what its context in this process takes not counted as free. May take as long as a context takes to start: up to a second.</summary>
    /// <param name="ordinal">The device, by its number in this process.</param>
    /// <exception cref="GpuRefusedException">There is no driver, or no such device.</exception>
    /// <exception cref="CudaException">A call of the driver failed.</exception>
    public static long FreeBytesOf(int ordinal)
    {
        using var context = GpuContext.Open(ordinal);
        return context.FreeBytes();
    }

    internal static unsafe GpuDeviceInfo Read(int device, int ordinal)
    {
        var name = stackalloc byte[NameBytesMax];
        CudaException.Check(Cuda.cuDeviceGetName(name, NameBytesMax, device), nameof(Cuda.cuDeviceGetName));
        var uuid = stackalloc byte[Cuda.CU_UUID_SIZE];
        CudaException.Check(Cuda.cuDeviceGetUuid_v2(uuid, device), nameof(Cuda.cuDeviceGetUuid_v2));
        CudaException.Check(Cuda.cuDeviceTotalMem_v2(out var total, device), nameof(Cuda.cuDeviceTotalMem_v2));
        var nameBytes = new ReadOnlySpan<byte>(name, NameBytesMax);
        var end = nameBytes.IndexOf((byte)0);
        return new GpuDeviceInfo(
            ordinal,
            Encoding.UTF8.GetString(nameBytes[..(end < 0 ? NameBytesMax : end)]),
            UuidText(new ReadOnlySpan<byte>(uuid, Cuda.CU_UUID_SIZE)),
            (long)total,
            (10 * Attribute(Cuda.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device)) + Attribute(Cuda.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device),
            Attribute(Cuda.CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT, device));
    }

    private static string UuidText(ReadOnlySpan<byte> bytes) => new Guid(bytes, bigEndian: true).ToString();

    private static int Attribute(int attribute, int device)
    {
        CudaException.Check(Cuda.cuDeviceGetAttribute(out var value, attribute, device), nameof(Cuda.cuDeviceGetAttribute));
        return value;
    }
}
