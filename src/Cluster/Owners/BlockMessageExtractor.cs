using Cascade.Actors;
using Cascade.Core.Identity;
using Cascade.Core.Messages;

namespace Cascade.Cluster.Owners;

/// <summary>Finds the owner of a block by its id, and the owner's shard by the id's leading bits, which are uniform.</summary>
public sealed class BlockMessageExtractor(int shards) : IMessageExtractor
{
    private readonly ShardNames _names = new(shards);

    /// <inheritdoc/>
    public string? EntityId(object message) => (message as IBlockMessage)?.Id.ToString();

    /// <inheritdoc/>
    public object EntityMessage(object message) => message;

    /// <inheritdoc/>
    public string ShardId(string entityId, object? messageHint = null) =>
        _names.Of(messageHint is IBlockMessage block ? block.Id.Prefix64 : BlockId.Parse(entityId).Prefix64);
}
