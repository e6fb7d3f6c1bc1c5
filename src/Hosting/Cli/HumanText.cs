using System.Globalization;
using System.Text.Json;

namespace Cascade.Hosting.Cli;

/// <summary>Numbers as people read them, the same whatever the machine's locale.</summary>
internal static class HumanText
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A size in the largest unit that leaves at least 1: <c>1.5 GiB</c>, <c>-64 KiB</c>.</summary>
    public static string Size(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (Math.Abs(value) >= 1024 && unit < Units.Length - 1)
            (value, unit) = (value / 1024, unit + 1);
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.##} {Units[unit]}");
    }

    /// <summary>A number with its thousands apart: <c>1,234,567</c>.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A share of 1 in percent: <c>61.4 %</c>.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %");

    /// <summary>A number with a unit behind it: <c>1.25 us</c>.</summary>
    public static string Quantity(double value, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{value:#,0.###} {unit}");

    /// <summary>The name of a tier, a state and the like, as in JSON documents: <c>shm</c>.</summary>
    public static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
