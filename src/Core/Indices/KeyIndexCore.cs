using System.Globalization;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Core.Indices;

/// <summary>One shard of the key index: which block a key names. The last writer wins, by hybrid timestamp.</summary>
/// <remarks>
/// One thread at a time. Two replicas that were given the same bindings and deletions, in any order and number, hold the same,
/// as long as no limit was reached. Forgetting (<see cref="Messages.Forget"/>) is not replicated: a merge can bring a forgotten
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
        switch (message)
        {
            case Bind bind: OnBind(now, sender, bind, outbox); break;
            case Lookup lookup: OnLookup(sender, lookup.Key, outbox); break;
            case Unbind unbind: OnUnbind(now, sender, unbind, outbox); break;
            case Forget forget: OnForget(forget); break;
            default:
                throw new ArgumentException($"A key index does not know {message.GetType().Name}.", nameof(message));
        }
    }

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

    private void OnBind(TimeSpan now, object sender, Bind bind, Outbox outbox)
    {
        var entry = new KeyIndexEntry(bind.Binding, bind.Id);
        if (bind.Id.IsZero || bind.Key.IsZero)
        {
            outbox.Send(sender, new Refused("The binding names no key or no block: fill both in."));
            return;
        }
        if (!TryApply(now, entry))
        {
            outbox.Send(sender, new Refused(string.Create(CultureInfo.InvariantCulture,
                $"The shard holds {Keys} keys, the most allowed: raise the limit, or delete keys.")));
            return;
        }
        var held = _table[_table.Find(bind.Key)];
        outbox.Send(sender, new Bound(bind.Key, held.Id, held == entry));
    }

    private void OnLookup(object sender, KeyDigest key, Outbox outbox)
    {
        var at = _table.Find(key);
        object reply = at >= 0 && !_table[at].IsTombstone ? new Found(_table[at].Binding, _table[at].Id) : NotFound.Instance;
        outbox.Send(sender, reply);
    }

    private void OnUnbind(TimeSpan now, object sender, Unbind unbind, Outbox outbox)
    {
        var tombstone = KeyIndexEntry.Tombstone(unbind.Key, unbind.Stamp);
        var at = _table.Find(unbind.Key);
        object reply = at >= 0 && !_table[at].IsTombstone && tombstone.Overrules(_table[at])
            ? new Found(_table[at].Binding, _table[at].Id)
            : NotFound.Instance;
        TryApply(now, tombstone);
        outbox.Send(sender, reply);
    }

    private void OnForget(Forget forget)
    {
        var at = _table.Find(forget.Key);
        if (at < 0 || _table[at].IsTombstone || _table[at].Id != forget.Id || _table[at].Binding.Stamp != forget.Stamp)
            return;
        _table.Remove(at);
        Keys--;
    }

    /// <summary>Takes an entry in where it holds against the known one; false when there is no room for its key.</summary>
    private bool TryApply(TimeSpan now, in KeyIndexEntry entry)
    {
        var at = _table.Find(entry.Binding.Key);
        if (at >= 0 && !entry.Overrules(_table[at]))
            return true;
        var isNamed = at >= 0 && !_table[at].IsTombstone;
        if (!entry.IsTombstone && !isNamed && Keys >= _settings.MaxKeys)
            return false;
        Keys += (entry.IsTombstone ? 0 : 1) - (isNamed ? 1 : 0);
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

    private void ForgetTombstones(TimeSpan now)
    {
        while (_tombstones.TryTakeDue(now, out var key, out var stamp))
        {
            var at = _table.Find(key);
            if (at >= 0 && _table[at].IsTombstone && _table[at].Binding.Stamp == stamp)
                _table.Remove(at);
        }
    }
}
