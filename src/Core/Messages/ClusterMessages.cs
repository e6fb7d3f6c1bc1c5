using Cascade.Core.Sharding;

namespace Cascade.Core.Messages;

/// <summary>
/// To the membership's actor: tell the sender of each <see cref="ClusterState"/> from now on, the present one at once, for as long as it lives.
/// Repeating it changes nothing.
/// </summary>
public sealed record SubscribeToCluster
{
    /// <summary>The one instance; it says nothing but its type.</summary>
    public static readonly SubscribeToCluster Instance = new();

    private SubscribeToCluster()
    {
    }
}

/// <summary>
/// A shard region to what loads its shards: these are this node's now, and messages to them are held back until they are loaded. Reply, once for all of them
/// or in parts: <see cref="ShardsLoaded"/>.
/// </summary>
/// <param name="Shards">The shards; not to be changed.</param>
/// <param name="Round">Names the request: a shard that went and came again is to be loaded again.</param>
public sealed record LoadShards(ShardSet Shards, long Round);

/// <summary>Reply: what is to be known of these shards is known.</summary>
/// <param name="Shards">Shards of the request; not to be changed.</param>
/// <param name="Round">The request's.</param>
public sealed record ShardsLoaded(ShardSet Shards, long Round);

/// <summary>A shard region to what loads its shards: these are not this node's any more, and their entities are gone. No reply.</summary>
/// <param name="Shards">The shards; not to be changed.</param>
public sealed record ShardsLost(ShardSet Shards);
