namespace Cascade.Tiers.Native;

/// <summary>What kind of MPI a machine has.</summary>
public enum MpiLibraryKind
{
    /// <summary>None was found.</summary>
    Absent = 0,

    /// <summary>One of the MPICH ABI: it is used.</summary>
    Usable = 1,

    /// <summary>One of another ABI: calls of it would be misread, and it is refused.</summary>
    Foreign = 2,
}

/// <summary>The MPI that was found.</summary>
/// <param name="Kind">What kind it is.</param>
/// <param name="Name">The file that was loaded, as the system finds it; empty when there is none.</param>
/// <param name="Version">The first line of what the library says of itself; empty when there is none.</param>
/// <param name="Message">The finding for people, and what to do about it where it is not usable.</param>
public readonly record struct MpiLibraryProbe(MpiLibraryKind Kind, string Name, string Version, string Message);
