using System.Globalization;
using Cascade.Core.Identity;

namespace Cascade.Core.Tests.Indices;

/// <summary>Digests named by small numbers, spread over their leading word as real ones are.</summary>
internal static class Digests
{
    public static KeyDigest Key(int number) => KeyDigest.Parse(Hex(number));

    public static BlockId Block(int number) => BlockId.Parse(Hex(number));

    private static string Hex(int number) =>
        unchecked((ulong)number * 0x9E3779B97F4A7C15).ToString("x16", CultureInfo.InvariantCulture)
        + number.ToString("x48", CultureInfo.InvariantCulture);
}
