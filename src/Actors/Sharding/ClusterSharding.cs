using Cascade.Actors.Shells;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Actors;

/// <summary>The shard regions of a system: one for each type of entity. Thread-safe.</summary>
public sealed class ClusterSharding
{
    private readonly ActorSystem _system;
    private readonly Dictionary<string, (IActorRef Entrance, IActorRef Local)> _regions = new(StringComparer.Ordinal);

    private ClusterSharding(ActorSystem system) => _system = system;

    /// <summary>The sharding of a system.</summary>
    public static ClusterSharding Get(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return system.Extension(static owner => new ClusterSharding(owner));
    }

    /// <summary>The path of the region's actor, by which the nodes of a cluster know each other's.</summary>
    public static string PathOf(string typeName) => $"/system/{NameOf(typeName)}";

    /// <summary>Starts the region of a type, or returns the one that runs.</summary>
    /// <param name="typeName">The type's name, a valid actor name; the same on all nodes.</param>
    /// <param name="entityPropsFactory">How to make the entity of an id.</param>
    /// <param name="settings">How entities are kept.</param>
    /// <param name="messageExtractor">Which entity a message is for.</param>
    /// <param name="cluster">The cluster that the entities are spread over; null when all are here.</param>
    /// <returns>
    /// Tell it what is meant for the entities. In a cluster each message goes to the node that owns the entity's shard when it is told: it is answered
    /// <see cref="Moved"/> when that node does not own it by what it knows itself, or nobody does.
    /// </returns>
    public IActorRef Start(
        string typeName, Func<string, Props> entityPropsFactory, ClusterShardingSettings settings, IMessageExtractor messageExtractor,
        ShardingCluster? cluster = null)
    {
        ArgumentNullException.ThrowIfNull(typeName);
        lock (_regions)
        {
            if (!_regions.TryGetValue(typeName, out var region))
            {
                var local = _system.SystemActorOf(
                    Actors.ShardRegion.Props(entityPropsFactory, settings, messageExtractor, cluster), NameOf(typeName));
                region = (cluster is null ? local : EntranceOf(typeName, local, messageExtractor, cluster), local);
                _regions.Add(typeName, region);
            }

            return region.Entrance;
        }
    }

    /// <summary>The region of a type, as <see cref="Start"/> returned it.</summary>
    /// <exception cref="InvalidOperationException">It was not started.</exception>
    public IActorRef ShardRegion(string typeName) => Find(typeName).Entrance;

    /// <summary>
    /// The actor of a type's region on this node. In a cluster, have it told each <see cref="ClusterState"/>: without, it learns of a change with the next message.
    /// </summary>
    /// <exception cref="InvalidOperationException">It was not started.</exception>
    public IActorRef LocalRegion(string typeName) => Find(typeName).Local;

    private static string NameOf(string typeName) => $"sharding-{typeName}";

    private RoutedRef EntranceOf(string typeName, IActorRef local, IMessageExtractor extractor, ShardingCluster cluster)
    {
        var router = new ShardRouter(cluster.Nodes, PathOf(typeName), local);
        return new RoutedRef(_system, NameOf(typeName), message => router.Route(message, extractor));
    }

    private (IActorRef Entrance, IActorRef Local) Find(string typeName)
    {
        lock (_regions)
        {
            return _regions.TryGetValue(typeName, out var region)
                ? region
                : throw new InvalidOperationException($"No shard region '{typeName}' runs here; call Start for it first.");
        }
    }
}
