using System.Runtime.InteropServices;
using System.Text;
using Cascade.Tiers.Native;

namespace Cascade.Hosting.Doctor.Probes;

/// <summary>What an MPI library says of itself.</summary>
/// <param name="Name">The name by which it was found; null when there is none.</param>
/// <param name="Path">The file; null when it is not known.</param>
/// <param name="Version">Its own words; null when it has none.</param>
/// <param name="Fault">Why a library that is there cannot be used; null when it can, or when there is none.</param>
internal sealed record FoundMpi(string? Name, string? Path, string? Version, string? Fault)
{
    /// <summary>More than any library's MPI_MAX_LIBRARY_VERSION_STRING.</summary>
    private const int VersionBytesMax = 16 << 10;

    /// <summary>Loads the first that is there into this process.</summary>
    public static FoundMpi Load()
    {
        foreach (var name in MpiLibrary.Names)
        {
            if (LoadedLibrary.Load(name) is not { } library)
                continue;
            if (library.Fault is not null)
                return new FoundMpi(name, library.Path, null, library.Fault);
            return NativeLibrary.TryGetExport(library.Handle, "MPI_Get_library_version", out var function)
                ? new FoundMpi(name, library.Path, VersionBy(function), null)
                : new FoundMpi(name, library.Path, null, "it has no MPI_Get_library_version");
        }

        return new FoundMpi(null, null, null, null);
    }

    private static unsafe string? VersionBy(nint function)
    {
        var text = stackalloc byte[VersionBytesMax];
        var length = 0;
        var result = ((delegate* unmanaged<byte*, int*, int>)function)(text, &length);
        return result == 0 ? Encoding.UTF8.GetString(text, Math.Clamp(length, 0, VersionBytesMax)).TrimEnd('\0').Trim() : null;
    }
}
