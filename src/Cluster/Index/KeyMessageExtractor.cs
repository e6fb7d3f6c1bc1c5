using Cascade.Actors;
using Cascade.Core.Messages;

namespace Cascade.Cluster.Index;

/// <summary>Finds the key-index shard of a key by its digest's leading bits, which are uniform. One actor is one shard.</summary>
public sealed class KeyMessageExtractor(int shards) : IMessageExtractor
{
    private readonly ShardNames _names = new(shards);

    /// <inheritdoc/>
    public string? EntityId(object message) => message is IKeyMessage key ? _names.Of(key.Key.Prefix64) : null;

    /// <inheritdoc/>
    public object EntityMessage(object message) => message;

    /// <inheritdoc/>
    public string ShardId(string entityId, object? messageHint = null) => entityId;
}
