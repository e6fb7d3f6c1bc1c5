namespace Cascade.Tiers.Native;

/// <summary>What kind of CUDA driver a machine has.</summary>
public enum CudaLibraryKind
{
    /// <summary>None was found.</summary>
    Absent = 0,

    /// <summary>One that works, with at least one device.</summary>
    Usable = 1,

    /// <summary>One that works, on a machine without a device that it may use.</summary>
    NoDevice = 2,

    /// <summary>One that does not start, or is too old.</summary>
    Refused = 3,
}

/// <summary>The CUDA driver that was found.</summary>
/// <param name="Kind">What kind it is.</param>
/// <param name="Version">The newest CUDA that it is for: 1000 times the major and 10 times the minor number, so 12040 for 12.4; 0 when there is none.</param>
/// <param name="Devices">Devices that this process may use.</param>
/// <param name="Message">The finding for people, and what to do about it where it is not usable.</param>
public readonly record struct CudaLibraryProbe(CudaLibraryKind Kind, int Version, int Devices, string Message);
