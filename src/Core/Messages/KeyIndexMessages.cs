using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Messages;

/// <summary>A message to the key-index shard of one key.</summary>
public interface IKeyMessage
{
    /// <summary>The key, by whose digest the message finds its shard.</summary>
    KeyDigest Key { get; }
}

/// <summary>
/// Names a block by a key; the later stamp holds. Replies: <see cref="Bound"/>, or <see cref="Refused"/> when the shard is full or the
/// request names no block. May be repeated.
/// </summary>
public sealed record Bind(KeyBinding Binding, BlockId Id) : IKeyMessage
{
    /// <inheritdoc/>
    public KeyDigest Key => Binding.Key;
}

/// <summary>What the key names after the step: not the block of the request when a later binding or deletion is known.</summary>
/// <param name="Key">The key.</param>
/// <param name="Id">The block it names; zero when it was deleted later than the request was stamped.</param>
/// <param name="Applied">True when the binding of the request is the one that holds.</param>
public sealed record Bound(KeyDigest Key, BlockId Id, bool Applied);

/// <summary>Asks what a key names. Replies: <see cref="Found"/> or <see cref="NotFound"/>. May be repeated.</summary>
public sealed record Lookup(KeyDigest Key) : IKeyMessage;

/// <summary>The block that the key names.</summary>
public sealed record Found(KeyBinding Binding, BlockId Id);

/// <summary>
/// The caller deleted the key: it names nothing from <paramref name="Stamp"/> on. Replies: <see cref="Found"/> (what it
/// named) or <see cref="NotFound"/>. May be repeated.
/// </summary>
public sealed record Unbind(KeyDigest Key, HybridTimestamp Stamp) : IKeyMessage;

/// <summary>The block is gone everywhere: forget the key if it still names this block under this stamp. No reply. May be repeated.</summary>
public sealed record Forget(KeyDigest Key, BlockId Id, HybridTimestamp Stamp) : IKeyMessage;
