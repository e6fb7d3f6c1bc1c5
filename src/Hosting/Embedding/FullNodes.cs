using System.Collections.Concurrent;
using Cascade.Core.Identity;

namespace Cascade.Hosting;

/// <summary>
/// Nodes that lately had no room to spare for a block of this node, or did not answer: they are not asked again for a second. So a cluster that is full costs a put a
/// round trip now and then, and mostly none. Thread-safe.
/// </summary>
internal sealed class FullNodes
{
    /// <summary>How long a node is left alone.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<NodeId, TimeSpan> _until = new();

    /// <summary>True while the node is not to be asked.</summary>
    public bool Contains(NodeId node, TimeSpan now) => _until.TryGetValue(node, out var until) && now < until;

    /// <summary>The node had no room; what is known of others is forgotten where it is too old to count.</summary>
    public void Note(NodeId node, TimeSpan now)
    {
        _until[node] = now + Pause;
        foreach (var known in _until)
        {
            if (known.Value <= now)
                _until.TryRemove(known);
        }
    }
}
