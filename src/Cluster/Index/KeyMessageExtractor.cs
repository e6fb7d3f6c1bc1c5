using Cascade.Actors;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Cluster.Index;

/// <summary>Finds the key-index shard of a key by its digest's leading bits. One actor is one shard.</summary>
public sealed class KeyMessageExtractor : IMessageExtractor
{
    /// <inheritdoc/>
    public string? EntityId(object message) => message is IKeyMessage key ? ShardNames.Of(ShardMap.ShardOf(key.Key.Prefix64)) : null;

    /// <inheritdoc/>
    public object EntityMessage(object message) => message;

    /// <inheritdoc/>
    public int ShardId(object message) => message is IKeyMessage key ? ShardMap.ShardOf(key.Key.Prefix64) : -1;
}
