using System.Globalization;

namespace Cascade.Core.Identity;

/// <summary>The number of a node in its cluster: its SLURM rank, or its configured number.</summary>
public readonly record struct NodeId(uint Value) : IComparable<NodeId>
{
    /// <inheritdoc/>
    public int CompareTo(NodeId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"node{Value}");

    /// <summary>Numeric order.</summary>
    public static bool operator <(NodeId left, NodeId right) => left.Value < right.Value;

    /// <summary>Numeric order.</summary>
    public static bool operator >(NodeId left, NodeId right) => left.Value > right.Value;

    /// <summary>Numeric order.</summary>
    public static bool operator <=(NodeId left, NodeId right) => left.Value <= right.Value;

    /// <summary>Numeric order.</summary>
    public static bool operator >=(NodeId left, NodeId right) => left.Value >= right.Value;
}
