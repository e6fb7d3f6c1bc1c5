using System.Globalization;

namespace Cascade.Hosting.Doctor.Sources;

/// <summary>The memory that the control groups of this process let it use.</summary>
/// <param name="LimitBytes">All of it.</param>
/// <param name="UsedBytes">What is used of it, the page cache included.</param>
internal readonly record struct ControlGroupMemory(long LimitBytes, long UsedBytes)
{
    private const string Root = "/sys/fs/cgroup";

    /// <summary>The tightest limit of the process's group and those above it; null when there is none.</summary>
    public static ControlGroupMemory? Read(ISystemFiles files)
    {
        ControlGroupMemory? tightest = null;
        foreach (var line in (files.ReadText("/proc/self/cgroup") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = line.Split(':', 3);
            if (fields.Length < 3)
                continue;
            foreach (var group in GroupsOf(fields[2]))
            {
                var found = fields[1] == "" ? Read(files, $"{Root}{group}", "memory.max", "memory.current")
                    : fields[1].Split(',').Contains("memory") ? Read(files, $"{Root}/memory{group}", "memory.limit_in_bytes", "memory.usage_in_bytes")
                    : null;
                if (found is { } one && one.LimitBytes < (tightest?.LimitBytes ?? long.MaxValue))
                    tightest = found;
            }
        }

        return tightest;
    }

    private static IEnumerable<string> GroupsOf(string path)
    {
        for (var group = path.TrimEnd('/'); group.Length > 0; group = group[..group.LastIndexOf('/')])
            yield return group;
        yield return "";
    }

    private static ControlGroupMemory? Read(ISystemFiles files, string group, string limitName, string usedName)
    {
        // "max", or the largest multiple of a page, for no limit.
        const long NoLimit = 1L << 60;
        return Number(files.ReadText($"{group}/{limitName}")) is { } limit && limit < NoLimit
            ? new ControlGroupMemory(limit, Number(files.ReadText($"{group}/{usedName}")) ?? 0)
            : null;
    }

    private static long? Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
