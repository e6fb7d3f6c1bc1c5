using Cascade.Core.Sharding;

namespace Cascade.Actors;

/// <summary>A region's record of one entity: small, since a node may hold millions.</summary>
internal sealed class Entity(string id, Shard shard)
{
    public readonly string Id = id;
    public readonly Shard Shard = shard;
    public IActorRef? Ref;
    public Entity? Older;
    public Entity? Newer;

    /// <summary>When it last got a message, or its stop message.</summary>
    public long Stamp;

    /// <summary>What came since it was told to stop, as the region got it; null while it is not stopping.</summary>
    public Queue<(object Message, IActorRef? Sender)>? Held;
}

/// <summary>Entities in order of their stamps, so that the oldest is found without looking at the rest.</summary>
internal sealed class EntityList
{
    private Entity? _newest;

    public Entity? Oldest { get; private set; }

    public int Count { get; private set; }

    public void AddNewest(Entity entity, long stamp)
    {
        entity.Stamp = stamp;
        entity.Older = _newest;
        entity.Newer = null;
        if (_newest is null) Oldest = entity;
        else _newest.Newer = entity;
        _newest = entity;
        Count++;
    }

    /// <summary>Those of some shards, oldest first, as of now.</summary>
    public List<Entity> In(ShardSet shards)
    {
        var found = new List<Entity>();
        for (var entity = Oldest; entity is not null; entity = entity.Newer)
        {
            if (shards.Contains(entity.Shard.Number)) found.Add(entity);
        }

        return found;
    }

    public void Remove(Entity entity)
    {
        if (entity.Older is null) Oldest = entity.Newer;
        else entity.Older.Newer = entity.Newer;
        if (entity.Newer is null) _newest = entity.Older;
        else entity.Newer.Older = entity.Older;
        entity.Older = entity.Newer = null;
        Count--;
    }

    public void Touch(Entity entity, long stamp)
    {
        if (ReferenceEquals(entity, _newest))
        {
            entity.Stamp = stamp;
            return;
        }

        Remove(entity);
        AddNewest(entity, stamp);
    }
}
