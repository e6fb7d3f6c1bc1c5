using System.Runtime.InteropServices;
using System.Text;

namespace Cascade.Tiers.Native;

/// <summary>Finds the machine's MPI library and says whether it can be used. Thread-safe.</summary>
public static unsafe class MpiLibrary
{
    private const string Cure = "install MPICH 3.1 or later (on Debian: apt-get install mpich), or load a module with Cray MPICH, Intel MPI or MVAPICH2";

    private static readonly Lock Turn = new();
    private static MpiLibraryProbe? _loaded;

    /// <summary>Debian's name of MPICH, then the name that all libraries of its ABI share.</summary>
    internal static readonly string[] UsableNames = ["libmpich.so.12", "libmpi.so.12"];

    /// <summary>Names of Open MPI 5, 4, 3 and 2: looked for only to be named in the refusal.</summary>
    internal static readonly string[] ForeignNames = ["libmpi.so.40", "libmpi.so.20"];

    /// <summary>All names that are looked for, in their order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. UsableNames, .. ForeignNames];

    /// <summary>Says what MPI there is, without starting it. The library stays loaded once it was found usable.</summary>
    public static MpiLibraryProbe Probe()
    {
        TryLoad(out var probe);
        return probe;
    }

    /// <summary>Loads the library for <see cref="Mpi"/>; false when there is none, or none of the ABI.</summary>
    internal static bool TryLoad(out MpiLibraryProbe probe)
    {
        lock (Turn)
        {
            if (_loaded is null)
            {
                var found = Find(UsableNames, ForeignNames, out var library);
                if (found.Kind != MpiLibraryKind.Usable)
                {
                    probe = found;
                    return false;
                }

                NativeResolver.Provide(Mpi.Library, library);
                _loaded = found;
            }

            probe = _loaded.Value;
            return true;
        }
    }

    /// <summary>Looks for a usable library under some names, then for one to refuse under others. The caller owns the library that it gives.</summary>
    internal static MpiLibraryProbe Find(ReadOnlySpan<string> usable, ReadOnlySpan<string> foreign, out nint library)
    {
        // UCX, below MPICH, else takes SIGSEGV over as it loads, and a null reference in managed code would end the process.
        if (Libc.setenv("UCX_ERROR_SIGNALS", "", 1) != 0)
            throw Errno.Failure("Setting", "UCX_ERROR_SIGNALS");
        var refused = default(MpiLibraryProbe?);
        foreach (var name in (ReadOnlySpan<string>)[.. usable, .. foreign])
        {
            if (!NativeLibrary.TryLoad(name, out library))
                continue;
            var probe = Judge(name, VersionOf(library));
            if (probe.Kind == MpiLibraryKind.Usable)
                return probe;
            refused ??= probe;
            NativeLibrary.Free(library);
        }

        library = 0;
        return refused ?? new MpiLibraryProbe(MpiLibraryKind.Absent, "", "", $"no MPI library was found ({string.Join(", ", usable)}): {Cure}");
    }

    /// <summary>Tells by what a library says of itself whether its ABI is that of MPICH; null when it says nothing.</summary>
    public static MpiLibraryProbe Judge(string name, string? version)
    {
        if (version is null)
            return new MpiLibraryProbe(MpiLibraryKind.Foreign, name, "", $"{name} does not say what it is, so it is no MPI library of the MPICH ABI: {Cure}");
        var line = string.Join(' ', version.Split('\n', 2)[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        var isUsable = version.Contains("MPICH", StringComparison.OrdinalIgnoreCase)
            || version.Contains("MVAPICH", StringComparison.OrdinalIgnoreCase)
            || version.Contains("Intel(R) MPI", StringComparison.OrdinalIgnoreCase);
        if (isUsable && !version.Contains("Open MPI", StringComparison.OrdinalIgnoreCase))
            return new MpiLibraryProbe(MpiLibraryKind.Usable, name, line, $"{line} ({name})");
        return new MpiLibraryProbe(MpiLibraryKind.Foreign, name, line, $"{line} ({name}) has another ABI than MPICH and cannot be used: {Cure}");
    }

    private static string? VersionOf(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "MPI_Get_library_version", out var export))
            return null;
        var text = new byte[Mpi.MPI_MAX_LIBRARY_VERSION_STRING];
        int length;
        fixed (byte* first = text)
        {
            if (((delegate* unmanaged<byte*, int*, int>)export)(first, &length) != Mpi.MPI_SUCCESS)
                return null;
        }

        return Encoding.UTF8.GetString(text, 0, Math.Clamp(length, 0, text.Length)).TrimEnd('\0');
    }
}
