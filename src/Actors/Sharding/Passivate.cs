namespace Cascade.Actors;

/// <summary>
/// Told by an entity to its parent when it wants to stop: the region answers with <paramref name="StopMessage"/>, holds back what comes
/// meanwhile, and gives it to the entity's next life. So nothing told to the region is lost between two lives.
/// </summary>
/// <param name="StopMessage">What the entity will stop at; usually <see cref="PoisonPill"/>.</param>
public sealed record Passivate(object StopMessage);

/// <summary>
/// Told by an entity to its parent in answer to <see cref="ReceiveTimeout"/> when it has something to stay for; see
/// <see cref="ClusterShardingSettings.EntitiesDecideOnPassivation"/>. Akka.NET has no counterpart.
/// </summary>
public sealed class StayAlive
{
    private StayAlive()
    {
    }

    /// <summary>The only one.</summary>
    public static StayAlive Instance { get; } = new();
}

/// <summary>Asks a region what it holds; answered with <see cref="ShardRegionStats"/>.</summary>
public sealed class GetShardRegionStats
{
    private GetShardRegionStats()
    {
    }

    /// <summary>The only one.</summary>
    public static GetShardRegionStats Instance { get; } = new();
}

/// <summary>What a region holds.</summary>
/// <param name="Stats">Entities alive by shard, in the order of the shards' numbers; shards without any are left out.</param>
public sealed record ShardRegionStats(IReadOnlyDictionary<string, int> Stats)
{
    /// <summary>Shards of this node that are in use; all of them when the region is not one of a cluster.</summary>
    public int ShardsReady { get; init; }

    /// <summary>Shards of this node that are being loaded, or wait for entities from before to be gone.</summary>
    public int ShardsLoading { get; init; }

    /// <summary>Messages that are held back.</summary>
    public int MessagesHeld { get; init; }
}
