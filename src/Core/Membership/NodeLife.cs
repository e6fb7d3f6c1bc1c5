using Cascade.Core.Clocks;
using Cascade.Core.Identity;

namespace Cascade.Core.Membership;

/// <summary>One run of a node's process: its number, and when it was started. Of two lives of one node the later start counts.</summary>
public readonly record struct NodeLife(NodeId Node, HybridTimestamp Start)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Node}@{Start}";
}
