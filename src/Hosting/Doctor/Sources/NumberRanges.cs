using System.Globalization;

namespace Cascade.Hosting.Doctor.Sources;

/// <summary>Lists of numbers as the kernel writes them: <c>0-3,8</c>.</summary>
internal static class NumberRanges
{
    /// <summary>How many numbers a list has; what is no range of numbers counts nothing.</summary>
    public static int Count(string? text) => Parse(text).Sum(range => Math.Max(0, range.Last - range.First + 1));

    /// <summary>True when a number is in a list.</summary>
    public static bool Has(string? text, int number) => Parse(text).Any(range => number >= range.First && number <= range.Last);

    private static IEnumerable<(int First, int Last)> Parse(string? text)
    {
        foreach (var range in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = range.Split('-');
            if (ends.Length <= 2
                && int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last))
                yield return (first, last);
        }
    }
}
