using System.Globalization;

namespace Cascade.Core.Clocks;

/// <summary>
/// A hybrid logical timestamp: milliseconds since the Unix epoch in the upper 48 bits, a counter in the lower 16.
/// </summary>
/// <remarks>Kulkarni, Demirbas et al., "Logical Physical Clocks", OPODIS 2014.</remarks>
public readonly record struct HybridTimestamp(ulong Value) : IComparable<HybridTimestamp>
{
    /// <summary>Bits of the counter below the milliseconds.</summary>
    public const int CounterBits = 16;

    /// <summary>Milliseconds since the Unix epoch.</summary>
    public long UnixTimeMilliseconds => (long)(Value >> CounterBits);

    /// <inheritdoc/>
    public int CompareTo(HybridTimestamp other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{UnixTimeMilliseconds}.{Value & 0xFFFF}");

    /// <summary>Earlier than.</summary>
    public static bool operator <(HybridTimestamp left, HybridTimestamp right) => left.Value < right.Value;

    /// <summary>Later than.</summary>
    public static bool operator >(HybridTimestamp left, HybridTimestamp right) => left.Value > right.Value;

    /// <summary>Not later than.</summary>
    public static bool operator <=(HybridTimestamp left, HybridTimestamp right) => left.Value <= right.Value;

    /// <summary>Not earlier than.</summary>
    public static bool operator >=(HybridTimestamp left, HybridTimestamp right) => left.Value >= right.Value;
}
