using System.Globalization;
using Cascade.Hosting.Cli;

namespace Cascade.Hosting.Doctor.Sources;

/// <summary>A limit of this process.</summary>
/// <param name="Soft">What holds; <see cref="long.MaxValue"/> for no limit.</param>
/// <param name="Hard">What the process may raise it to.</param>
internal readonly record struct ProcessLimit(long Soft, long Hard)
{
    /// <summary>A limit by its name in /proc/self/limits; null when the system does not tell.</summary>
    public static ProcessLimit? Read(ISystemFiles files, string name)
    {
        var line = files.ReadText("/proc/self/limits")?.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        var words = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return words.Length >= 2 && ValueOf(words[0]) is { } soft && ValueOf(words[1]) is { } hard ? new ProcessLimit(soft, hard) : null;
    }

    /// <summary>A value as a size.</summary>
    public static string Size(long value) => value == long.MaxValue ? "unlimited" : HumanText.Size(value);

    private static long? ValueOf(string word) => word == "unlimited"
        ? long.MaxValue
        : long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
