using System.Globalization;
using System.Runtime.InteropServices;

namespace Cascade.Tiers.Native;

/// <summary>Finds the machine's CUDA driver and says whether it can be used. Thread-safe.</summary>
public static class CudaLibrary
{
    /// <summary>Oldest CUDA that a driver has to be for: 12.0.</summary>
    public const int MinVersion = 12000;

    private const string Cure = "install NVIDIA's driver of CUDA 12 or later, or give the container access to it";

    private static readonly Lock Turn = new();
    private static nint _library;

    /// <summary>The name under which the driver's installation leaves the library.</summary>
    public static IReadOnlyList<string> Names { get; } = ["libcuda.so.1"];

    /// <summary>Says what there is. Starts the driver in this process where it finds one, but takes no memory of a device.</summary>
    public static CudaLibraryProbe Probe()
    {
        TryLoad(Names, out var probe);
        return probe;
    }

    /// <summary>Loads the library for <see cref="Cuda"/>; false when there is none, it does not start, is too old or has no device.</summary>
    internal static bool TryLoad(out CudaLibraryProbe probe) => TryLoad(Names, out probe);

    /// <summary>The same of a library of another name. One that has been loaded stays the one that is asked, for calls are bound to it.</summary>
    internal static bool TryLoad(IReadOnlyList<string> names, out CudaLibraryProbe probe)
    {
        lock (Turn)
        {
            if (_library == 0 && TryFind(names, out _library))
                NativeResolver.Provide(Cuda.Library, _library);
            probe = _library == 0 ? Absent(names) : Judge(_library);
            return probe.Kind == CudaLibraryKind.Usable;
        }
    }

    internal static bool TryFind(IReadOnlyList<string> names, out nint library)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out library))
                return true;
        }

        library = 0;
        return false;
    }

    internal static CudaLibraryProbe Absent(IReadOnlyList<string> names) =>
        new(CudaLibraryKind.Absent, 0, 0, $"no CUDA driver was found ({string.Join(", ", names)}): {Cure}");

    /// <summary>A driver's version as people write it.</summary>
    internal static string VersionText(int version) => string.Create(CultureInfo.InvariantCulture, $"{version / 1000}.{version % 1000 / 10}");

    private static CudaLibraryProbe Judge(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, nameof(Cuda.cuDriverGetVersion), out _))
            return new CudaLibraryProbe(CudaLibraryKind.Refused, 0, 0, $"{Names[0]} is no CUDA driver: {Cure}");
        if (Cuda.cuDriverGetVersion(out var version) != CudaCode.Success || version < MinVersion)
            return new CudaLibraryProbe(
                CudaLibraryKind.Refused, version, 0, $"the CUDA driver is for CUDA {VersionText(version)}, older than {VersionText(MinVersion)}: {Cure}");
        var started = Cuda.cuInit(0);
        if (started == CudaCode.NoDevice)
            return NoDevice(version);
        if (started != CudaCode.Success)
            return new CudaLibraryProbe(
                CudaLibraryKind.Refused, version, 0, $"the CUDA driver does not start: {CudaException.TextOf(started)}. See what nvidia-smi says");
        var counted = Cuda.cuDeviceGetCount(out var devices);
        if (counted != CudaCode.Success)
            return new CudaLibraryProbe(
                CudaLibraryKind.Refused, version, 0, $"the CUDA driver does not list its devices: {CudaException.TextOf(counted)}. See what nvidia-smi says");
        return devices == 0
            ? NoDevice(version)
            : new CudaLibraryProbe(CudaLibraryKind.Usable, version, devices, $"CUDA {VersionText(version)}, {devices} device{(devices == 1 ? "" : "s")}");
    }

    private static CudaLibraryProbe NoDevice(int version) => new(
        CudaLibraryKind.NoDevice,
        version,
        0,
        $"the CUDA driver ({VersionText(version)}) has no device that this process may use: see CUDA_VISIBLE_DEVICES, and what nvidia-smi says");
}
