using System.Globalization;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;

namespace Cascade.Core.Indices;

/// <summary>One shard of the key index: which block a key names. The last writer wins, by hybrid timestamp.</summary>
/// <remarks>
/// One thread at a time. Two replicas that were given the same bindings and deletions, in any order and number, hold the same,
/// as long as no limit was reached. Forgetting (<see cref="Messages.Forget"/>) leaves no trace: a merge can bring a forgotten
/// key back, which costs its next reader one miss, and it is forgotten again.
/// </remarks>
public sealed class KeyIndexCore
{
    private readonly KeyIndexSettings _settings;
    private readonly KeyTable _table = new();
    private readonly TombstoneQueue _tombstones;

    /// <summary>Starts an empty shard.</summary>
    public KeyIndexCore(KeyIndexSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
        _tombstones = new TombstoneQueue(settings.MaxTombstones, settings.TombstoneAge);
    }

    /// <summary>Keys that name a block.</summary>
    public int Keys { get; private set; }

    /// <summary>Deletions that are remembered.</summary>
    public int Tombstones => _table.Count - Keys;

    /// <summary>
    /// The same of two shards that name the same blocks by the same keys, and hardly ever else. Deletions do not count: each replica forgets them at its time.
    /// </summary>
    public ulong Digest { get; private set; }

    /// <summary>As <see cref="Digest"/>, over the deletions that are remembered.</summary>
    internal ulong DeletionsDigest { get; private set; }

    /// <summary>When <see cref="Tick"/> is due; null when nothing waits for time to pass.</summary>
    public TimeSpan? NextDeadline => _tombstones.NextDeadline;

    /// <summary>Takes one message in.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="sender">Whom a reply goes to.</param>
    /// <param name="message">A message about a key of this shard.</param>
    /// <param name="outbox">Takes the reply.</param>
    /// <exception cref="ArgumentException">The message is none that a shard knows.</exception>
    public void Handle(TimeSpan now, object sender, IKeyMessage message, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(outbox);
        if (Apply(now, message) is { } reply)
            outbox.Send(sender, reply);
    }

    /// <summary>Takes one message in and gives the reply; null where there is none.</summary>
    /// <exception cref="ArgumentException">The message is none that a shard knows.</exception>
    internal object? Apply(TimeSpan now, IKeyMessage message)
    {
        switch (message)
        {
            case Bind bind: return OnBind(now, bind);
            case Lookup lookup: return OnLookup(lookup.Key);
            case Unbind unbind: return OnUnbind(now, unbind);
            case Forget forget: OnForget(forget); return null;
            default:
                throw new ArgumentException($"A key index does not know {message.GetType().Name}.", nameof(message));
        }
    }

    /// <summary>What is known of a key; null when nothing is.</summary>
    internal KeyIndexEntry? Entry(in KeyDigest key) => _table.Find(key) is var at and >= 0 ? _table[at] : null;

    /// <summary>Some of what the shard knows, from a place on; gives the place to go on at, or 0 at the end.</summary>
    internal List<KeyIndexEntry> Page(int from, int most, out int next) => _table.Page(from, most, out next);

    /// <summary>Forgets deletions that are old enough.</summary>
    public void Tick(TimeSpan now, Outbox outbox) => ForgetTombstones(now);

    /// <summary>All that the shard knows, in the order of the keys.</summary>
    public IReadOnlyList<KeyIndexEntry> Snapshot() => [.. _table.Entries().OrderBy(entry => entry.Binding.Key)];

    /// <summary>Takes in what another replica of the shard knows.</summary>
    /// <returns>Keys that were left out because the shard is full.</returns>
    public int Merge(TimeSpan now, IEnumerable<KeyIndexEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var leftOut = 0;
        foreach (var entry in entries)
        {
            if (!TryApply(now, entry))
                leftOut++;
        }
        return leftOut;
    }

    private object OnBind(TimeSpan now, Bind bind)
    {
        var entry = new KeyIndexEntry(bind.Binding, bind.Id);
        if (bind.Id.IsZero || bind.Key.IsZero)
            return new Refused("The binding names no key or no block: fill both in.");
        if (!TryApply(now, entry))
        {
            return new Refused(string.Create(CultureInfo.InvariantCulture,
                $"The shard holds {Keys} keys, the most allowed: raise the limit, or delete keys."));
        }
        var held = _table[_table.Find(bind.Key)];
        return new Bound(bind.Key, held.Id, held == entry);
    }

    private object OnLookup(KeyDigest key)
    {
        var at = _table.Find(key);
        return at >= 0 && !_table[at].IsTombstone ? new Found(_table[at].Binding, _table[at].Id) : NotFound.Instance;
    }

    private object OnUnbind(TimeSpan now, Unbind unbind)
    {
        var tombstone = KeyIndexEntry.Tombstone(unbind.Key, unbind.Stamp);
        var at = _table.Find(unbind.Key);
        object reply = at >= 0 && !_table[at].IsTombstone && tombstone.Overrules(_table[at])
            ? new Found(_table[at].Binding, _table[at].Id)
            : NotFound.Instance;
        TryApply(now, tombstone);
        return reply;
    }

    private void OnForget(Forget forget)
    {
        var at = _table.Find(forget.Key);
        if (at < 0 || _table[at].IsTombstone || _table[at].Id != forget.Id || _table[at].Binding.Stamp != forget.Stamp)
            return;
        Count(_table[at]);
        _table.Remove(at);
        Keys--;
    }

    /// <summary>Takes an entry in where it holds against the known one; false when there is no room for its key.</summary>
    internal bool TryApply(TimeSpan now, in KeyIndexEntry entry)
    {
        var at = _table.Find(entry.Binding.Key);
        if (at >= 0 && !entry.Overrules(_table[at]))
            return true;
        var isNamed = at >= 0 && !_table[at].IsTombstone;
        if (!entry.IsTombstone && !isNamed && Keys >= _settings.MaxKeys)
            return false;
        Keys += (entry.IsTombstone ? 0 : 1) - (isNamed ? 1 : 0);
        Count(entry);
        if (at >= 0)
            Count(_table[at]);
        if (at >= 0)
            _table[at] = entry;
        else
            _table.Add(entry);
        if (entry.IsTombstone)
        {
            _tombstones.Add(now, entry.Binding.Key, entry.Binding.Stamp);
            ForgetTombstones(now);
        }
        return true;
    }

    /// <summary>Takes an entry into the digests, or out of them again.</summary>
    private void Count(in KeyIndexEntry entry)
    {
        if (entry.IsTombstone)
            DeletionsDigest ^= DigestOf(entry);
        else
            Digest ^= DigestOf(entry);
    }

    private static ulong DigestOf(in KeyIndexEntry entry)
    {
        var binding = entry.Binding;
        var place = Mixing.Mix(binding.Parent.Prefix64 + (uint)binding.Depth);
        return Mixing.Mix(binding.Key.Prefix64 + Mixing.Mix(entry.Id.Prefix64 + Mixing.Mix(binding.Stamp.Value + place)));
    }

    private void ForgetTombstones(TimeSpan now)
    {
        while (_tombstones.TryTakeDue(now, out var key, out var stamp))
        {
            var at = _table.Find(key);
            if (at >= 0 && _table[at].IsTombstone && _table[at].Binding.Stamp == stamp)
            {
                Count(_table[at]);
                _table.Remove(at);
            }
        }
    }
}
