using System.Collections.Immutable;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Sharding;

namespace Cascade.Core.Registry;

/// <summary>
/// The registrations of shared prefixes: a last-writer-wins map from keys to blocks. Immutable, and so safe for any thread.
/// </summary>
/// <remarks>
/// A state-based CRDT (Shapiro, Preguiça, Baquero, Zawirski: "Conflict-free Replicated Data Types", SSS 2011):
/// <see cref="Merge"/> is commutative, associative and idempotent, so that replicas agree once each has seen, in any order, what
/// the others know.
/// </remarks>
public sealed class RegistryState : IEquatable<RegistryState>
{
    /// <summary>Knows nothing.</summary>
    public static readonly RegistryState Empty = new(
        ImmutableDictionary<KeyDigest, RegistryEntry>.Empty, ImmutableDictionary<BlockId, BlockUse>.Empty, 0, 0, 0);

    private readonly ImmutableDictionary<KeyDigest, RegistryEntry> _entries;
    private readonly ImmutableDictionary<BlockId, BlockUse> _blocks;

    private RegistryState(
        ImmutableDictionary<KeyDigest, RegistryEntry> entries, ImmutableDictionary<BlockId, BlockUse> blocks, int keys,
        long usedBytes, ulong digest)
    {
        _entries = entries;
        _blocks = blocks;
        Keys = keys;
        UsedBytes = usedBytes;
        Digest = digest;
    }

    /// <summary>Keys that are registered.</summary>
    public int Keys { get; }

    /// <summary>Bytes of all registered blocks; a block under several keys counts once.</summary>
    public long UsedBytes { get; }

    /// <summary>
    /// The same for two states with the same registrations, and hardly ever else. Withdrawals do not count: they are forgotten at other times on other nodes.
    /// </summary>
    public ulong Digest { get; }

    /// <summary>All entries, withdrawn ones among them, in no order.</summary>
    public IEnumerable<RegistryEntry> Entries => _entries.Values;

    /// <summary>The registered blocks, in no order.</summary>
    public IEnumerable<BlockId> Blocks => _blocks.Keys;

    /// <summary>True while some key registers the block.</summary>
    public bool Contains(BlockId id) => _blocks.ContainsKey(id);

    /// <summary>What is known of a key; false when nothing is.</summary>
    public bool TryGet(KeyDigest key, out RegistryEntry entry) => _entries.TryGetValue(key, out entry);

    /// <summary>The state that knows this entry too: this one when a later entry of the key is known.</summary>
    public RegistryState With(in RegistryEntry entry)
    {
        var isKnown = _entries.TryGetValue(entry.Key, out var known);
        if (isKnown && !entry.Overrules(known))
            return this;
        var entries = _entries.SetItem(entry.Key, entry);
        var (blocks, usedBytes, keys, digest) = (_blocks, UsedBytes, Keys, Digest);
        if (isKnown && !known.IsRemoved)
        {
            blocks = Withdraw(entries, blocks, known, ref usedBytes);
            keys--;
            digest ^= Hash(known);
        }
        if (!entry.IsRemoved)
        {
            blocks = Add(blocks, entry, ref usedBytes);
            keys++;
            digest ^= Hash(entry);
        }
        return new RegistryState(entries, blocks, keys, usedBytes, digest);
    }

    /// <summary>The state that knows what either knows.</summary>
    public RegistryState Merge(RegistryState other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var (merged, smaller) = _entries.Count >= other._entries.Count ? (this, other) : (other, this);
        foreach (var entry in smaller._entries.Values)
            merged = merged.With(entry);
        return merged;
    }

    /// <summary>
    /// The state without the memory of a withdrawn registration; this one when the key was registered or withdrawn later.
    /// </summary>
    public RegistryState Forget(KeyDigest key, HybridTimestamp stamp) =>
        _entries.TryGetValue(key, out var known) && known.IsRemoved && known.Stamp == stamp
            ? new RegistryState(_entries.Remove(key), _blocks, Keys, UsedBytes, Digest)
            : this;

    /// <inheritdoc/>
    public bool Equals(RegistryState? other)
    {
        if (other is null || other._entries.Count != _entries.Count || other.UsedBytes != UsedBytes)
            return false;
        foreach (var entry in _entries.Values)
        {
            if (!other._entries.TryGetValue(entry.Key, out var theirs) || theirs != entry)
                return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RegistryState);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_entries.Count, UsedBytes);

    // Keys and ids are digests: their leading words stand for them.
    private static ulong Hash(in RegistryEntry entry) => Mixing.Mix(
        entry.Key.Prefix64 ^ Mixing.Mix(entry.Id.Prefix64 ^ Mixing.Mix((ulong)entry.LengthBytes ^ Mixing.Mix(entry.Stamp.Value + 1))));

    private static ImmutableDictionary<BlockId, BlockUse> Add(
        ImmutableDictionary<BlockId, BlockUse> blocks, in RegistryEntry entry, ref long usedBytes)
    {
        blocks.TryGetValue(entry.Id, out var use);
        var lengthBytes = Math.Max(use.LengthBytes, entry.LengthBytes);
        usedBytes += lengthBytes - use.LengthBytes;
        return blocks.SetItem(entry.Id, new BlockUse(use.Keys + 1, lengthBytes));
    }

    private static ImmutableDictionary<BlockId, BlockUse> Withdraw(
        ImmutableDictionary<KeyDigest, RegistryEntry> entries, ImmutableDictionary<BlockId, BlockUse> blocks,
        in RegistryEntry gone, ref long usedBytes)
    {
        var use = blocks[gone.Id];
        if (use.Keys == 1)
        {
            usedBytes -= use.LengthBytes;
            return blocks.Remove(gone.Id);
        }
        // All keys of a block state one length. Should they not, the greatest counts, and is looked for among those left.
        var lengthBytes = gone.LengthBytes < use.LengthBytes ? use.LengthBytes : GreatestLength(entries, gone.Id);
        usedBytes -= use.LengthBytes - lengthBytes;
        return blocks.SetItem(gone.Id, new BlockUse(use.Keys - 1, lengthBytes));
    }

    private static long GreatestLength(ImmutableDictionary<KeyDigest, RegistryEntry> entries, BlockId id)
    {
        var greatest = 0L;
        foreach (var entry in entries.Values)
        {
            if (entry.Id == id && entry.LengthBytes > greatest)
                greatest = entry.LengthBytes;
        }
        return greatest;
    }

    private readonly record struct BlockUse(int Keys, long LengthBytes);
}
