using Cascade.Actors;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;

namespace Cascade.Cluster.Owners;

/// <summary>Finds the owner of a block by its id, and the owner's shard by the id's leading bits.</summary>
public sealed class BlockMessageExtractor : IMessageExtractor
{
    /// <inheritdoc/>
    public string? EntityId(object message) => (message as IBlockMessage)?.Id.ToString();

    /// <inheritdoc/>
    public object EntityMessage(object message) => message;

    /// <inheritdoc/>
    public int ShardId(object message) => message is IBlockMessage block ? ShardMap.ShardOf(block.Id.Prefix64) : -1;
}
