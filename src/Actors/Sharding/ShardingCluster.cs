using Cascade.Actors.Shells;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Actors;

/// <summary>What makes a region of this node one of a cluster's: each node then has those entities whose shards it owns.</summary>
/// <param name="Nodes">Who owns which shard, and the regions of the other nodes.</param>
/// <param name="Loader">
/// Told <see cref="LoadShards"/> before messages of a shard are passed on, and <see cref="ShardsLost"/> after its entities have stopped, of a region that failed
/// and starts anew for all its shards. Null when there is nothing to load.
/// </param>
public sealed record ShardingCluster(NodeRefs Nodes, IActorRef? Loader);

/// <summary>Finds the region that a message is for, by the sending node's view at that moment.</summary>
/// <param name="nodes">The nodes.</param>
/// <param name="path">The path of the region's actor, the same on all nodes.</param>
internal sealed class ShardRouter(NodeRefs nodes, string path)
{
    /// <summary>The region of the node that owns a shard; null when nobody does.</summary>
    public IActorRef? RegionOf(int shard, IActorRef local)
    {
        if (nodes.View.Current.Shards.OwnerOf(shard) is not { } owner) return null;
        return owner == nodes.Self ? local : nodes.Of(owner, path);
    }

    /// <summary>Where a message goes. What is for no entity, or cannot be read, is for the local region, which says so.</summary>
    public IActorRef? Route(object message, IMessageExtractor extractor, IActorRef local)
    {
        int shard;
        try
        {
            shard = extractor.ShardId(message);
        }
        catch (Exception)
        {
            return local;
        }

        return (uint)shard < ShardMap.Shards ? RegionOf(shard, local) : local;
    }
}
