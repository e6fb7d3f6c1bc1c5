using Cascade.Core.Identity;
using Cascade.Core.Sharding;

namespace Cascade.Core.Indices;

/// <summary>
/// How the shards of the key index are dealt out to lanes. Every node has the same lanes, each with its part of all shards, and a lane talks to the same lane of
/// other nodes: so all that is told of one shard by one node to another comes in order.
/// </summary>
public static class KeyLanes
{
    /// <summary>Lanes of a node.</summary>
    public const int Count = 16;

    /// <summary>Shards of a lane: sets of them are one word, the lane's lowest shard in the lowest bit.</summary>
    public const int ShardsEach = ShardMap.Shards / Count;

    /// <summary>The shard of a key.</summary>
    public static int ShardOf(in KeyDigest key) => ShardMap.ShardOf(key.Prefix64);

    /// <summary>The lane of a shard.</summary>
    public static int LaneOf(int shard) => shard % Count;

    /// <summary>The bit of a shard in its lane.</summary>
    public static int SlotOf(int shard) => shard / Count;

    /// <summary>The shard of a lane's bit.</summary>
    public static int ShardAt(int lane, int slot) => slot * Count + lane;
}

/// <summary>A lane of the key index on a node: whom a lane core sends to.</summary>
public readonly record struct KeyLaneAddress(NodeId Node, int Lane);
