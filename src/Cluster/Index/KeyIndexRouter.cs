using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Indices;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Cluster.Index;

/// <summary>The key index of the cluster as one ref.</summary>
public static class KeyIndexRouter
{
    /// <summary>
    /// Makes a ref that takes any <see cref="IKeyMessage"/> to the primary of its key's shard, by what this node knows of the cluster. While there is none, the
    /// sender is answered <see cref="Moved"/>.
    /// </summary>
    /// <param name="system">The system it belongs to.</param>
    /// <param name="view">Who is in the cluster.</param>
    /// <param name="lanes">This node's lanes, in order; none on a node that stores nothing.</param>
    /// <param name="others">The other nodes; null on a node that is alone.</param>
    public static RoutedRef Create(ActorSystem system, ClusterView view, IReadOnlyList<IActorRef> lanes, NodeRefs? others)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(lanes);
        return new RoutedRef(system, "key-index", message =>
        {
            if (message is not IKeyMessage key)
                return null;
            var shard = KeyLanes.ShardOf(key.Key);
            var lane = KeyLanes.LaneOf(shard);
            if (view.Current.Shards.OwnerOf(shard) is not { } primary)
                return null;
            if (primary != view.Self)
                return others?.Of(primary, KeyIndexPaths.Of(lane));
            return lane < lanes.Count ? lanes[lane] : null;
        });
    }

    /// <summary>Starts the lanes of a node, in order. Each has to be told of every <see cref="ClusterState"/>.</summary>
    /// <param name="system">The node's system.</param>
    /// <param name="view">Gives the node.</param>
    /// <param name="settings">Limits of each shard.</param>
    /// <param name="recipients">Gives the tiers and lanes of this and other nodes.</param>
    /// <param name="time">The node's time.</param>
    public static IReadOnlyList<IActorRef> StartLanes(
        ActorSystem system, ClusterView view, KeyIndexSettings settings, Recipients recipients, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(view);
        var lanes = new IActorRef[KeyLanes.Count];
        for (var lane = 0; lane < lanes.Length; lane++)
        {
            var core = new KeyIndexLaneCore(lane, view.Self, settings, time.GetUtcNow().UtcTicks);
            lanes[lane] = system.ActorOf(KeyIndexLane.Props(core, recipients, time), KeyIndexPaths.NameOf(lane));
        }
        return lanes;
    }
}
