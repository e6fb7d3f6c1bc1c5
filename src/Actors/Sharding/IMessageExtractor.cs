namespace Cascade.Actors;

/// <summary>Reads from a message which entity it is for. Called by one region at a time; the answers depend on the message alone.</summary>
public interface IMessageExtractor
{
    /// <summary>The entity's id; null when the message is not for an entity.</summary>
    string? EntityId(object message);

    /// <summary>What the entity is told: the message itself, or what it carries.</summary>
    object EntityMessage(object message);

    /// <summary>The shard of an entity, the same on every node.</summary>
    /// <param name="entityId">The entity.</param>
    /// <param name="messageHint">A message for it, if there is one at hand.</param>
    string ShardId(string entityId, object? messageHint = null);
}

/// <summary>A message with the id of the entity it is for.</summary>
/// <param name="EntityId">The entity.</param>
/// <param name="Message">What the entity is told.</param>
public sealed record ShardingEnvelope(string EntityId, object Message);

/// <summary>Spreads entities over a fixed number of shards by a hash of their ids that is the same in every process.</summary>
/// <remarks>FNV-1a of 64 bits (Fowler, Noll and Vo) over the id's UTF-16 code units, low byte first.</remarks>
public abstract class HashCodeMessageExtractor : IMessageExtractor
{
    private readonly string[] _shards;

    /// <summary>Makes an extractor.</summary>
    /// <param name="maxNumberOfShards">How many shards there are, at least 1; the same on every node.</param>
    protected HashCodeMessageExtractor(int maxNumberOfShards)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNumberOfShards, 1);
        _shards = [.. Enumerable.Range(0, maxNumberOfShards).Select(static i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];
    }

    /// <inheritdoc/>
    public abstract string? EntityId(object message);

    /// <inheritdoc/>
    public virtual object EntityMessage(object message) => message is ShardingEnvelope envelope ? envelope.Message : message;

    /// <inheritdoc/>
    public string ShardId(string entityId, object? messageHint = null)
    {
        ArgumentNullException.ThrowIfNull(entityId);
        return _shards[Hash(entityId) % (ulong)_shards.Length];
    }

    internal static ulong Hash(string text)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var c in text)
        {
            hash = (hash ^ (byte)c) * 0x100000001B3UL;
            hash = (hash ^ (byte)(c >> 8)) * 0x100000001B3UL;
        }

        return hash;
    }
}
