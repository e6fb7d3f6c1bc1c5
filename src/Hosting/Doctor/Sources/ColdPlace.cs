using Cascade.Hosting.Configuration;

namespace Cascade.Hosting.Doctor.Sources;

/// <summary>Where the files of the cold tier go.</summary>
/// <param name="Directory">The configured directory, links followed.</param>
/// <param name="Existing">It, or the nearest above it that is there: a node makes what is missing.</param>
/// <param name="Mount">What that lies on; null when the system does not tell.</param>
internal sealed record ColdPlace(string Directory, string Existing, Mount? Mount)
{
    /// <summary>True when the directory itself is there.</summary>
    public bool IsThere => Directory == Existing;

    /// <summary>The directory in words.</summary>
    public string Words => IsThere ? Directory : $"{Directory}, not made yet, in {Existing}";

    /// <summary>Looks; null when no directory is configured.</summary>
    public static ColdPlace? Of(CascadeOptions options, ISystemFiles files)
    {
        if (!options.Tiers.Cold.IsPresent)
            return null;
        var directory = files.RealPathOf(options.Tiers.Cold.Directory);
        var existing = directory;
        while (existing != "/" && !files.IsDirectory(existing))
            existing = Path.GetDirectoryName(existing)!;
        return new ColdPlace(directory, existing, MountTable.Read(files).Of(existing));
    }
}
