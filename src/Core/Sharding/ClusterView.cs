using Cascade.Core.Identity;
using Cascade.Core.Membership;

namespace Cascade.Core.Sharding;

/// <summary>Who is in the cluster and who owns which shard, as this node knew at one time. Immutable, and so safe for any thread.</summary>
/// <param name="Members">Who is in it.</param>
/// <param name="Shards">The map of these members; the same instance as before while they own the same.</param>
public sealed record ClusterState(MembershipView Members, ShardMap Shards);

/// <summary>This node's latest knowledge of the cluster, for whoever has to know where something is: asking it costs no message.</summary>
/// <remarks>Thread-safe: readers see one state as a whole. Published by the membership's actor alone.</remarks>
public sealed class ClusterView
{
    private volatile ClusterState _current;

    /// <summary>Begins with nobody in the cluster.</summary>
    public ClusterView(NodeId self)
    {
        Self = self;
        _current = new ClusterState(new MembershipView(0, self, [], 0), ShardMap.Empty);
    }

    /// <summary>The node whose knowledge it is.</summary>
    public NodeId Self { get; }

    /// <summary>What is known now.</summary>
    public ClusterState Current => _current;

    /// <summary>Puts another state in place of the present one.</summary>
    public ClusterState Publish(MembershipView members) =>
        _current = new ClusterState(members, ShardMap.Of(members, _current.Shards));
}
