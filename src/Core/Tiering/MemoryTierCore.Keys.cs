using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

/// <content>The names of copies: bound, released, and what becomes of a copy without any.</content>
public sealed partial class MemoryTierCore
{
    /// <summary>
    /// Copies whose last key was released. They leave by the same question to the owner as victims do, and a key that is bound
    /// to one before the grant keeps it: so a deletion never takes a block from another key's writer.
    /// </summary>
    private readonly HashSet<CopyLocation> _unnamed = [];

    private bool TryBindAlias(BlockId id, in KeyBinding binding)
    {
        var isRecorded = _arena.TryBindAlias(id, binding);
        if (_arena.TryFind(id, out var copy))
        {
            // Whoever names a copy by a further key counts on it.
            _extras.Remove(copy.Slot);

            // A key that is here all the same was bound to another block later: this binding is void. Otherwise there was no room for it.
            if (isRecorded)
                _copies.SetFlushed(copy.Slot, false);
            else if (!_arena.Knows(binding.Key))
                _copies.NoteUnrecordedKey(copy.Slot);
        }

        return isRecorded;
    }

    private void OnReleaseKey(TimeSpan now, object sender, ReleaseKey message, Outbox outbox)
    {
        if (!_arena.TryFind(message.Id, out var copy))
        {
            outbox.Send(sender, new KeyReleased(-1));
            return;
        }

        outbox.Send(sender, new KeyReleased(Release(now, copy.Slot, message.Key, message.Stamp, outbox)));
    }

    /// <summary>Releases a key of a copy and gives how many are left.</summary>
    private int Release(TimeSpan now, uint slot, KeyDigest key, HybridTimestamp upTo, Outbox outbox)
    {
        // A binding that is later than the deletion is another writer's, and stays.
        var keys = KeysOf(slot);
        if (keys.RemoveAll(binding => binding.Key == key && binding.Stamp <= upTo) > 0)
            _arena.Unbind(key);
        var left = keys.Count + (_copies.HasUnrecordedKey(slot) ? 1 : 0);
        if (left == 0 && _arena.TryFind(_copies.IdAt(slot), out var copy))
        {
            _unnamed.Add(copy);
            AskForUnnamed(now, outbox);
        }

        return left;
    }

    private void AskForUnnamed(TimeSpan now, Outbox outbox)
    {
        _unnamed.RemoveWhere(copy => !IsUnnamed(copy));
        foreach (var copy in _unnamed)
        {
            if (_copies.IsCandidate(copy.Slot, now) && !_arena.IsPinned(copy.Slot))
                AskOwner(now, copy.Slot, _settings.HasColdTier ? EvictQuestion.Unworthy : EvictQuestion.Plain, outbox);
        }
    }

    private bool IsUnnamed(in CopyLocation copy) =>
        _copies.Holds(copy) && !_copies.HasUnrecordedKey(copy.Slot) && KeysOf(copy.Slot).Count == 0;

    private List<KeyBinding> KeysOf(uint slot)
    {
        _keys.Clear();
        _arena.CollectKeys(slot, _keys);
        return _keys;
    }
}
