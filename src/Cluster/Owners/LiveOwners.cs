using System.Collections.Concurrent;
using Cascade.Actors;
using Cascade.Core.Identity;

namespace Cascade.Cluster.Owners;

/// <summary>The block owners of this node that are alive: as many as the region keeps. Thread-safe.</summary>
public sealed class LiveOwners
{
    private readonly ConcurrentDictionary<BlockId, IActorRef> _owners = new();

    /// <summary>How many there are.</summary>
    public int Count => _owners.Count;

    /// <summary>Tells all of them.</summary>
    public void Tell(object message, IActorRef sender)
    {
        foreach (var owner in _owners)
            owner.Value.Tell(message, sender);
    }

    internal void Add(BlockId id, IActorRef owner) => _owners[id] = owner;

    internal void Remove(BlockId id, IActorRef owner) => _owners.TryRemove(new KeyValuePair<BlockId, IActorRef>(id, owner));
}
