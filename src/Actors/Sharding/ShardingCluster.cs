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

/// <summary>Finds the region that a message is for, by the sending node's view at that moment. Thread-safe.</summary>
/// <param name="nodes">The nodes.</param>
/// <param name="path">The path of the region's actor, the same on all nodes.</param>
/// <param name="local">The region's actor of this node.</param>
internal sealed class ShardRouter(NodeRefs nodes, string path, IActorRef local)
{
    private volatile Table _table = new(nodes.View.Current);

    /// <summary>The region of the node that owns a shard; null when nobody does.</summary>
    public IActorRef? RegionOf(int shard)
    {
        var state = nodes.View.Current;
        var table = _table;
        if (!ReferenceEquals(table.State, state)) _table = table = new Table(state);
        return table.Regions[shard] ??= Find(state, shard);
    }

    /// <summary>Where a message goes. What is for no entity, or cannot be read, is for the local region, which says so.</summary>
    public IActorRef? Route(object message, IMessageExtractor extractor)
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

        return (uint)shard < ShardMap.Shards ? RegionOf(shard) : local;
    }

    private IActorRef? Find(ClusterState state, int shard)
    {
        if (state.Shards.OwnerOf(shard) is not { } owner) return null;
        return owner == nodes.Self ? local : nodes.Of(owner, path);
    }

    /// <summary>The regions by shard while one state lasts, filled in as they are asked for.</summary>
    private sealed class Table(ClusterState state)
    {
        public readonly ClusterState State = state;
        public readonly IActorRef?[] Regions = new IActorRef?[ShardMap.Shards];
    }
}
