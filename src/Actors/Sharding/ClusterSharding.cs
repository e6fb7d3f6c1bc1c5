namespace Cascade.Actors;

/// <summary>The shard regions of a system: one for each type of entity. Thread-safe.</summary>
public sealed class ClusterSharding
{
    private readonly ActorSystem _system;
    private readonly Dictionary<string, IActorRef> _regions = new(StringComparer.Ordinal);

    private ClusterSharding(ActorSystem system) => _system = system;

    /// <summary>The sharding of a system.</summary>
    public static ClusterSharding Get(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return system.Extension(static owner => new ClusterSharding(owner));
    }

    /// <summary>Starts the region of a type, or returns the one that runs.</summary>
    /// <param name="typeName">The type's name, a valid actor name.</param>
    /// <param name="entityPropsFactory">How to make the entity of an id.</param>
    /// <param name="settings">How entities are kept.</param>
    /// <param name="messageExtractor">Which entity a message is for.</param>
    /// <returns>The region: tell it what is meant for its entities.</returns>
    public IActorRef Start(
        string typeName, Func<string, Props> entityPropsFactory, ClusterShardingSettings settings, IMessageExtractor messageExtractor)
    {
        ArgumentNullException.ThrowIfNull(typeName);
        lock (_regions)
        {
            if (!_regions.TryGetValue(typeName, out var region))
            {
                region = _system.SystemActorOf(
                    Actors.ShardRegion.Props(entityPropsFactory, settings, messageExtractor), $"sharding-{typeName}");
                _regions.Add(typeName, region);
            }

            return region;
        }
    }

    /// <summary>The region of a type.</summary>
    /// <exception cref="InvalidOperationException">It was not started.</exception>
    public IActorRef ShardRegion(string typeName)
    {
        lock (_regions)
        {
            return _regions.TryGetValue(typeName, out var region)
                ? region
                : throw new InvalidOperationException($"No shard region '{typeName}' runs here; call Start for it first.");
        }
    }
}
