using System.Globalization;

namespace Cascade.Hosting.Doctor.Sources;

/// <summary>What /proc/meminfo says.</summary>
/// <param name="text">The file.</param>
internal sealed class MemoryInfo(string text)
{
    /// <summary>Reads the file.</summary>
    public static MemoryInfo Read(ISystemFiles files) => new(files.ReadText("/proc/meminfo") ?? "");

    /// <summary>A value of the file, sizes in bytes; null when it is not there.</summary>
    public long? Value(string name)
    {
        var line = text.Split('\n').FirstOrDefault(line => line.StartsWith($"{name}:", StringComparison.Ordinal));
        var words = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (words.Length < 2 || !long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return null;
        return words.Length > 2 && words[2] == "kB" ? value << 10 : value;
    }
}
