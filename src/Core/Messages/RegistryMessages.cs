using Cascade.Core.Clocks;
using Cascade.Core.Identity;

namespace Cascade.Core.Messages;

/// <summary>A message to the prefix registry.</summary>
public interface IRegistryMessage
{
    /// <summary>The key whose registration it is about.</summary>
    KeyDigest Key { get; }
}

/// <summary>
/// Registers a block as shared. Replies: <see cref="Registered"/>; or <see cref="QuotaExceeded"/>, or <see cref="Refused"/> when
/// too many keys are registered or the request names no block, and nothing changes. May be repeated: one key counts once.
/// </summary>
public sealed record Register(KeyDigest Key, BlockId Id, long LengthBytes, HybridTimestamp Stamp) : IRegistryMessage;

/// <summary>Takes a registration back. Reply: <see cref="Registered"/>. May be repeated.</summary>
public sealed record Unregister(KeyDigest Key, HybridTimestamp Stamp) : IRegistryMessage;

/// <summary>The registry took the change in.</summary>
/// <param name="UsedBytes">Bytes of all registered blocks; a block under several keys counts once.</param>
/// <param name="QuotaBytes">The most they may be.</param>
public sealed record Registered(long UsedBytes, long QuotaBytes);

/// <summary>The block does not fit the quota of protected bytes.</summary>
/// <param name="NeededBytes">Bytes the registration would add.</param>
/// <param name="UsedBytes">Bytes registered now.</param>
/// <param name="QuotaBytes">The most they may be.</param>
public sealed record QuotaExceeded(long NeededBytes, long UsedBytes, long QuotaBytes);
