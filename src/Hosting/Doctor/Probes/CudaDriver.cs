using System.Diagnostics;
using System.Globalization;
using Cascade.Tiers.Gpu;
using Cascade.Tiers.Native;

namespace Cascade.Hosting.Doctor.Probes;

/// <summary>What the CUDA driver says of itself and its devices.</summary>
/// <param name="IsThere">Whether its library was found.</param>
/// <param name="Version">The CUDA version that it speaks, such as 12.4; null when it does not tell.</param>
/// <param name="Devices">Its devices.</param>
/// <param name="Fault">Why it cannot be used; null when it can, or is not there.</param>
internal sealed record CudaDriver(bool IsThere, string? Version, IReadOnlyList<CudaDevice> Devices, string? Fault)
{
    /// <summary>A device has to be woken to say what is free of it: further ones are not asked after that long.</summary>
    private static readonly TimeSpan WakingTime = TimeSpan.FromSeconds(1.5);

    /// <summary>Loads the driver into this process.</summary>
    public static CudaDriver Load()
    {
        if (LoadedLibrary.Load(CudaLibrary.Names[0]) is not { } library)
            return new CudaDriver(false, null, [], null);
        if (library.Fault is not null)
            return new CudaDriver(true, null, [], library.Fault);
        var probe = CudaLibrary.Probe();
        var version = probe.Version > 0 ? string.Create(CultureInfo.InvariantCulture, $"{probe.Version / 1000}.{probe.Version % 1000 / 10}") : null;
        try
        {
            return probe.Kind switch
            {
                CudaLibraryKind.Usable => new CudaDriver(true, version, Ask(Stopwatch.GetTimestamp()), null),
                CudaLibraryKind.NoDevice => new CudaDriver(true, version, [], null),
                _ => new CudaDriver(true, version, [], probe.Message),
            };
        }
        catch (CudaException e)
        {
            return new CudaDriver(true, version, [], e.Message);
        }
    }

    private static CudaDevice[] Ask(long begun) =>
        [.. GpuDeviceInfo.List().Select(device => Stopwatch.GetElapsedTime(begun) < WakingTime ? Wake(device) : CudaDevice.Of(device))];

    private static CudaDevice Wake(GpuDeviceInfo device)
    {
        try
        {
            return CudaDevice.Of(device) with { FreeBytes = GpuDeviceInfo.FreeBytesOf(device.Ordinal) };
        }
        catch (Exception e) when (e is CudaException or GpuRefusedException)
        {
            return CudaDevice.Of(device) with { Fault = e.Message };
        }
    }
}

/// <summary>A device of CUDA.</summary>
/// <param name="Name">Its model.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="ComputeCapability">Such as 9.0.</param>
internal sealed record CudaDevice(string Name, long MemoryBytes, string ComputeCapability)
{
    /// <summary>How much of its memory nobody has; null when it was not asked, or did not say.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>Why it cannot be used; null when that is not known.</summary>
    public string? Fault { get; init; }

    /// <summary>A device as the driver lists it.</summary>
    public static CudaDevice Of(GpuDeviceInfo device) => new(
        device.Name, device.TotalBytes, string.Create(CultureInfo.InvariantCulture, $"{device.ComputeCapability / 10}.{device.ComputeCapability % 10}"));
}
