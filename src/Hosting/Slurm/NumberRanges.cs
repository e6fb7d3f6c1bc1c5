using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Cascade.Hosting.Slurm;

/// <summary>SLURM's short form of many numbers, such as <c>1,3-4</c> or <c>008-011</c>.</summary>
internal static class NumberRanges
{
    /// <summary>Longer ones do not fit a <see cref="long"/>.</summary>
    private const int DigitsMax = 18;

    /// <summary>Writes the numbers out in their order, each with as many zeros before it as the first of its range has.</summary>
    /// <param name="text">The short form.</param>
    /// <param name="countMax">More numbers are refused.</param>
    /// <param name="numbers">The numbers as texts; empty when it is malformed.</param>
    /// <param name="reason">What is wrong with it, for a person.</param>
    public static bool TryExpand(string text, int countMax, out IReadOnlyList<string> numbers, [NotNullWhen(false)] out string? reason)
    {
        var all = new List<string>();
        numbers = [];
        foreach (var range in text.Split(','))
        {
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            var from = dash < 0 ? range : range[..dash];
            if (!TryRead(from, out var first) || !TryRead(dash < 0 ? range : range[(dash + 1)..], out var last))
            {
                reason = $"'{range}' is no number or range of numbers";
                return false;
            }

            if (last < first)
            {
                reason = $"the range '{range}' goes backwards";
                return false;
            }

            if (last - first >= countMax - all.Count)
            {
                reason = string.Create(CultureInfo.InvariantCulture, $"'{text}' stands for more than {countMax} numbers");
                return false;
            }

            for (var number = first; number <= last; number++)
                all.Add(number.ToString(CultureInfo.InvariantCulture).PadLeft(from.Length, '0'));
        }

        (numbers, reason) = (all, null);
        return true;
    }

    private static bool TryRead(string text, out long number)
    {
        number = 0;
        return text.Length <= DigitsMax && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
