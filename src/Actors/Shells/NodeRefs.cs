using System.Collections.Immutable;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Sharding;

namespace Cascade.Actors.Shells;

/// <summary>The well-known actors of other nodes, by what this node knows of the cluster. Thread-safe.</summary>
/// <param name="view">Who is in the cluster.</param>
/// <param name="resolve">
/// The ref of a path, such as <c>/user/memory-tier</c>, at a member, good for its present life alone: another one knows another cluster, perhaps, and is not to
/// answer in its place. Must not throw.
/// </param>
public sealed class NodeRefs(ClusterView view, Func<Member, string, IActorRef> resolve)
{
    // One entry a node and path: bounded by the members, since those of nodes that are gone are dropped with the next that is made.
    private ImmutableDictionary<(NodeLife Life, string Path), IActorRef> _known = ImmutableDictionary<(NodeLife, string), IActorRef>.Empty;

    /// <summary>What is known of the cluster.</summary>
    public ClusterView View { get; } = view;

    /// <summary>This node.</summary>
    public NodeId Self => View.Self;

    /// <summary>An actor of a node; null when the node is not in the cluster. To be looked up for each use: a node's next life has other refs.</summary>
    /// <param name="node">The node; this one too, for an actor that all nodes have.</param>
    /// <param name="path">The actor's path in its system.</param>
    public IActorRef? Of(NodeId node, string path)
    {
        var members = View.Current.Members;
        if (members.Find(node) is not { } member)
            return null;
        var known = _known;
        if (known.TryGetValue((member.Life, path), out var actor))
            return actor;
        actor = resolve(member, path);
        var lives = members.Members.Select(static live => live.Life).ToHashSet();
        _known = known.RemoveRange(known.Keys.Where(key => !lives.Contains(key.Life))).SetItem((member.Life, path), actor);
        return actor;
    }
}
