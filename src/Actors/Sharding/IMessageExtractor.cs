using Cascade.Core.Sharding;

namespace Cascade.Actors;

/// <summary>Reads from a message which entity it is for. Called on any thread; the answers depend on the message alone.</summary>
public interface IMessageExtractor
{
    /// <summary>The entity's id; null when the message is not for an entity.</summary>
    string? EntityId(object message);

    /// <summary>What the entity is told: the message itself, or what it carries.</summary>
    object EntityMessage(object message);

    /// <summary>
    /// The shard of the entity that a message is for, such as <see cref="ShardMap.ShardOf(ulong)"/> gives, the same in every process and for all messages to
    /// the entity; negative when the message is not for an entity. Asked for each message where it is sent, so it should neither allocate nor take long.
    /// </summary>
    /// <returns>0 to <see cref="ShardMap.Shards"/> - 1, or -1.</returns>
    int ShardId(object message);
}

/// <summary>A message with the id of the entity it is for.</summary>
/// <param name="EntityId">The entity.</param>
/// <param name="Message">What the entity is told.</param>
public sealed record ShardingEnvelope(string EntityId, object Message);

/// <summary>Spreads entities over the shards by a hash of their ids that is the same in every process.</summary>
public abstract class HashCodeMessageExtractor : IMessageExtractor
{
    /// <inheritdoc/>
    public abstract string? EntityId(object message);

    /// <inheritdoc/>
    public virtual object EntityMessage(object message) => message is ShardingEnvelope envelope ? envelope.Message : message;

    /// <inheritdoc/>
    public int ShardId(object message) => EntityId(message) is { } id ? ShardMap.ShardOf(id) : -1;
}
