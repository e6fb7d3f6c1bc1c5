using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Cascade.Hosting.Doctor.Probes;

/// <summary>What the CUDA driver says of itself and its devices.</summary>
/// <param name="IsThere">Whether its library was found.</param>
/// <param name="Version">The CUDA version that it speaks, such as 12.4; null when it does not tell.</param>
/// <param name="Devices">Its devices.</param>
/// <param name="Fault">Why it cannot be used; null when it can, or is not there.</param>
internal sealed unsafe record CudaDriver(bool IsThere, string? Version, IReadOnlyList<CudaDevice> Devices, string? Fault)
{
    private const string Library = "libcuda.so.1";
    private const int NameBytesMax = 256;

    /// <summary>CUDA_ERROR_NO_DEVICE.</summary>
    private const int NoDevice = 100;

    /// <summary>Loads the driver into this process.</summary>
    public static CudaDriver Load()
    {
        if (LoadedLibrary.Load(Library) is not { } library)
            return new CudaDriver(false, null, [], null);
        return library.Fault is { } fault ? new CudaDriver(true, null, [], fault) : Ask(library.Handle);
    }

    private static CudaDriver Ask(nint library)
    {
        var version = VersionOf(library);
        var result = ((delegate* unmanaged<uint, int>)NativeLibrary.GetExport(library, "cuInit"))(0);
        if (result == NoDevice)
            return new CudaDriver(true, version, [], null);
        if (result != 0)
            return new CudaDriver(true, version, [], $"cuInit failed: {ErrorName(library, result)}");
        int count;
        result = ((delegate* unmanaged<int*, int>)NativeLibrary.GetExport(library, "cuDeviceGetCount"))(&count);
        return result == 0
            ? new CudaDriver(true, version, [.. Enumerable.Range(0, count).Select(ordinal => DeviceOf(library, ordinal))], null)
            : new CudaDriver(true, version, [], $"cuDeviceGetCount failed: {ErrorName(library, result)}");
    }

    private static CudaDevice DeviceOf(nint library, int ordinal)
    {
        int device;
        nuint bytes = 0;
        var name = stackalloc byte[NameBytesMax];
        var result = ((delegate* unmanaged<int*, int, int>)NativeLibrary.GetExport(library, "cuDeviceGet"))(&device, ordinal);
        if (result == 0)
            result = ((delegate* unmanaged<byte*, int, int, int>)NativeLibrary.GetExport(library, "cuDeviceGetName"))(name, NameBytesMax, device);
        if (result == 0)
            result = ((delegate* unmanaged<nuint*, int, int>)NativeLibrary.GetExport(library, "cuDeviceTotalMem_v2"))(&bytes, device);
        return result == 0
            ? new CudaDevice(Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)), (long)bytes)
            : new CudaDevice($"device {ordinal} ({ErrorName(library, result)})", 0);
    }

    private static string? VersionOf(nint library)
    {
        int number;
        return ((delegate* unmanaged<int*, int>)NativeLibrary.GetExport(library, "cuDriverGetVersion"))(&number) == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{number / 1000}.{number % 1000 / 10}")
            : null;
    }

    private static string ErrorName(nint library, int result)
    {
        byte* name = null;
        var known = ((delegate* unmanaged<int, byte**, int>)NativeLibrary.GetExport(library, "cuGetErrorName"))(result, &name) == 0 && name is not null;
        return known ? Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)) : string.Create(CultureInfo.InvariantCulture, $"error {result}");
    }
}

/// <summary>A device of CUDA.</summary>
/// <param name="Name">Its model.</param>
/// <param name="MemoryBytes">Its memory.</param>
internal sealed record CudaDevice(string Name, long MemoryBytes);
