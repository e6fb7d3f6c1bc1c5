using System.Globalization;

namespace Cascade.Core.Membership;

/// <summary>Where a node listens: <c>host:port</c>, with an IPv6 host in brackets. Compared by its characters: two names of one machine differ.</summary>
public sealed record NodeAddress : IComparable<NodeAddress>
{
    /// <summary>Longest text that is taken, in characters.</summary>
    public const int LengthMax = 255;

    /// <summary>Takes an address.</summary>
    /// <exception cref="ArgumentException">The text is not <c>host:port</c> in printable ASCII, or is too long.</exception>
    public NodeAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!IsValid(text))
            throw new ArgumentException(
                $"'{text[..Math.Min(text.Length, LengthMax)]}' is no address: write host:port, such as 10.0.0.7:7400 or [::1]:7400, in {LengthMax} characters at most.", nameof(text));
        Text = text;
    }

    /// <summary>The address as it was given.</summary>
    public string Text { get; }

    /// <summary>The part before the last colon.</summary>
    public string Host => Text[..Text.LastIndexOf(':')];

    /// <summary>The port: 1 to 65,535.</summary>
    public int Port => int.Parse(Text.AsSpan(Text.LastIndexOf(':') + 1), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public int CompareTo(NodeAddress? other) => string.CompareOrdinal(Text, other?.Text);

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <summary>Ordinal order.</summary>
    public static bool operator <(NodeAddress left, NodeAddress right) => Comparer<NodeAddress>.Default.Compare(left, right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(NodeAddress left, NodeAddress right) => Comparer<NodeAddress>.Default.Compare(left, right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(NodeAddress left, NodeAddress right) => Comparer<NodeAddress>.Default.Compare(left, right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(NodeAddress left, NodeAddress right) => Comparer<NodeAddress>.Default.Compare(left, right) >= 0;

    private static bool IsValid(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 1 || text.Length > LengthMax || text.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return false;
        var isBracketed = text[0] == '[' && text[colon - 1] == ']' && colon > 2;
        if (!isBracketed && text.AsSpan(0, colon).ContainsAny('[', ']', ':'))
            return false;
        return ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0;
    }
}
