using System.Text.RegularExpressions;

namespace Cascade.Hosting.Doctor.Sources;

/// <summary>Which file system lies where, by /proc/self/mountinfo: no file system is asked, so none that does not answer is waited for.</summary>
internal sealed partial class MountTable
{
    private readonly List<Mount> _mounts = [];

    private MountTable(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var halves = line.Split(" - ", 2);
            var (before, after) = (halves[0].Split(' '), halves.Length == 2 ? halves[1].Split(' ') : []);
            if (before.Length >= 6 && after.Length >= 3)
                _mounts.Add(new Mount(Unescape(before[4]), after[0], before[5].Split(',').Concat(after[2].Split(',')).ToHashSet()));
        }
    }

    /// <summary>The mounts of this process.</summary>
    public static MountTable Read(ISystemFiles files) => new(files.ReadText("/proc/self/mountinfo") ?? "");

    /// <summary>What a path without links lies on; null when the system does not tell.</summary>
    public Mount? Of(string path)
    {
        // Of several at one point the last hides the others.
        Mount? found = null;
        foreach (var mount in _mounts)
        {
            if (Holds(mount.Point, path) && mount.Point.Length >= (found?.Point.Length ?? 0))
                found = mount;
        }

        return found;
    }

    private static bool Holds(string point, string path) =>
        point == "/" || path == point || path.StartsWith($"{point}/", StringComparison.Ordinal);

    private static string Unescape(string text) =>
        Escape().Replace(text, match => ((char)Convert.ToInt32(match.Groups[1].Value, 8)).ToString());

    [GeneratedRegex(@"\\([0-7]{3})")]
    private static partial Regex Escape();
}

/// <summary>A mounted file system.</summary>
/// <param name="Point">Where.</param>
/// <param name="Kind">Its kind, such as ext4, tmpfs or lustre.</param>
/// <param name="Options">What it was mounted with.</param>
internal sealed record Mount(string Point, string Kind, IReadOnlySet<string> Options)
{
    /// <summary>True where what is written takes memory.</summary>
    public bool IsMemory => Kind is "tmpfs" or "ramfs" or "hugetlbfs" or "devtmpfs";

    /// <summary>True for Lustre.</summary>
    public bool IsLustre => Kind == "lustre";

    /// <summary>Value of an option <c>name=value</c>; null when it is not there.</summary>
    public string? Option(string name) => Options.FirstOrDefault(one => one.StartsWith($"{name}=", StringComparison.Ordinal))?[(name.Length + 1)..];
}
