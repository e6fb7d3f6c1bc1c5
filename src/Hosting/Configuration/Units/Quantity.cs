using System.Globalization;
using System.Numerics;
using Cascade.Hosting.Configuration.Hocon;

namespace Cascade.Hosting.Configuration.Units;

/// <summary>A decimal number with an optional unit, kept exactly: <c>Digits x 10^Exponent Unit</c>.</summary>
internal readonly record struct Quantity(BigInteger Digits, int Exponent, string Unit)
{
    private const int LengthMax = 64;

    /// <summary>Far beyond any unit, and small enough that the powers stay cheap.</summary>
    private const int ExponentMax = 60;

    /// <summary>Reads a number as JSON writes it, blanks, and letters; false for anything else.</summary>
    public static bool TryParse(string text, out Quantity quantity)
    {
        quantity = default;
        var trimmed = text.AsSpan().Trim();
        var length = Characters.NumberLength(trimmed);
        if (length == 0 || trimmed.Length > LengthMax)
            return false;
        // A unit such as "e" or "EiB" is no exponent, because no digits follow it.
        var unit = trimmed[length..].Trim();
        foreach (var c in unit)
        {
            if (!char.IsLetter(c))
                return false;
        }
        var number = trimmed[..length];
        var mark = number.IndexOfAny('e', 'E');
        var exponent = 0;
        if (mark >= 0 && !int.TryParse(number[(mark + 1)..], CultureInfo.InvariantCulture, out exponent))
            return false;
        if (exponent is < -ExponentMax or > ExponentMax)
            return false;
        var mantissa = mark >= 0 ? number[..mark] : number;
        var dot = mantissa.IndexOf('.');
        if (dot >= 0)
            exponent -= mantissa.Length - dot - 1;
        var digits = mantissa.ToString().Replace(".", "", StringComparison.Ordinal);
        quantity = new Quantity(BigInteger.Parse(digits, CultureInfo.InvariantCulture), exponent, unit.ToString());
        return true;
    }

    /// <summary>The quantity times a factor, if that is a whole number; else null.</summary>
    public BigInteger? Times(BigInteger factor)
    {
        var product = Digits * factor;
        if (Exponent >= 0)
            return product * BigInteger.Pow(10, Exponent);
        var whole = BigInteger.DivRem(product, BigInteger.Pow(10, -Exponent), out var remainder);
        return remainder.IsZero ? whole : null;
    }
}
