using System.Globalization;

namespace Cascade.LoadTests.Cli;

/// <summary>Reads sizes: a plain number is bytes; K, M, G and KiB, MiB, GiB are powers of 1,024.</summary>
internal static class SizeText
{
    private static readonly (string Name, int Power)[] Units =
        [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("K", 10), ("M", 20), ("G", 30), ("T", 40), ("B", 0)];

    /// <summary>False when it is none, or no whole number of bytes.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        var unit = Units.FirstOrDefault(unit => text.EndsWith(unit.Name, StringComparison.OrdinalIgnoreCase));
        var number = text[..(text.Length - (unit.Name?.Length ?? 0))].TrimEnd();
        bytes = 0;
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || value > long.MaxValue >> 41)
            return false;
        var exact = value * (1L << unit.Power);
        if (exact != decimal.Truncate(exact) || exact > long.MaxValue)
            return false;
        bytes = (long)exact;
        return true;
    }
}
