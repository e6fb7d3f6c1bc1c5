using System.Numerics;

namespace Cascade.Hosting.Configuration.Units;

/// <summary>
/// Sizes in bytes as the HOCON specification writes them: a plain number is bytes, kB MB GB are powers of ten, K KiB M MiB
/// of two.
/// </summary>
internal static class ByteSize
{
    public const string Expected = "a size such as 4096, 64KiB, 1.5 GiB or 500MB";

    private const string Prefixes = "kMGTPEZY";

    private static readonly string[] DecimalNames = ["kilo", "mega", "giga", "tera", "peta", "exa", "zetta", "yotta"];
    private static readonly string[] BinaryNames = ["kibi", "mebi", "gibi", "tebi", "pebi", "exbi", "zebi", "yobi"];
    private static readonly Dictionary<string, BigInteger> Units = MakeUnits();

    /// <summary>
    /// Reads a size; false, with the reason, when it is malformed, negative, no whole number of bytes, or beyond 2^63 - 1.
    /// </summary>
    public static bool TryParse(string text, out long bytes, out string reason)
    {
        bytes = 0;
        reason = "";
        if (!Quantity.TryParse(text, out var quantity))
            reason = $"expected {Expected}";
        else if (!Units.TryGetValue(quantity.Unit, out var factor))
            reason = $"'{quantity.Unit}' is not a unit of size; expected {Expected}";
        else if (quantity.Times(factor) is not { } exact)
            reason = "it is not a whole number of bytes";
        else if (exact < 0)
            reason = "a size cannot be negative";
        else if (exact > long.MaxValue)
            reason = "it is more than 2^63 - 1 bytes";
        else
            bytes = (long)exact;
        return reason.Length == 0;
    }

    private static Dictionary<string, BigInteger> MakeUnits()
    {
        var units = new Dictionary<string, BigInteger>(StringComparer.Ordinal)
        {
            [""] = 1,
            ["B"] = 1,
            ["b"] = 1,
            ["byte"] = 1,
            ["bytes"] = 1,
        };
        for (var i = 0; i < Prefixes.Length; i++)
        {
            var power10 = BigInteger.Pow(1000, i + 1);
            var power2 = BigInteger.Pow(1024, i + 1);
            var letter = char.ToUpperInvariant(Prefixes[i]);
            foreach (var name in (string[])[$"{Prefixes[i]}B", $"{DecimalNames[i]}byte", $"{DecimalNames[i]}bytes"])
                units.Add(name, power10);
            var small = char.ToLowerInvariant(letter);
            foreach (var name in (string[])[$"{letter}", $"{small}", $"{letter}i", $"{letter}iB", $"{BinaryNames[i]}byte", $"{BinaryNames[i]}bytes"])
                units.Add(name, power2);
        }
        return units;
    }
}
