using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

public sealed partial class MemoryTierCore
{
    /// <summary>How long a slot is left alone after its owner refused: a lease lives longer, a tick is about as long.</summary>
    private static readonly TimeSpan RefusalPause = TimeSpan.FromMilliseconds(50);

    private TimeSpan _now;

    /// <summary>Asks owners to give up as much as the waiting puts need; what lies in pieces may take more than that.</summary>
    private void AskForRoom(TimeSpan now, Outbox outbox)
    {
        _now = now;
        while (_waiting.Count > 0
            && _copies.EvictingBytes < _waitingBytes
            && _copies.EvictionsInFlight < _settings.EvictionsInFlightMax
            && _policy.TryPickVictim(_mayEvict, out var slot))
            AskOwner(now, slot, outbox);
    }

    private void AskOwner(TimeSpan now, uint slot, Outbox outbox)
    {
        _copies.StartEviction(slot, now + _settings.EvictionTimeout);
        outbox.Send(Destination.Owners, new Evict(_copies.IdAt(slot), _copies.CopyAt(slot)));
    }

    private bool MayEvict(uint slot) =>
        _copies.IsCandidate(slot, _now) && !_arena.IsPinned(slot) && !_protected.Contains(_copies.IdAt(slot));

    private void OnEvictGranted(TimeSpan now, EvictGranted message, Outbox outbox)
    {
        var copy = message.Copy;
        if (!_copies.Holds(copy))
            return;

        // A question that was withdrawn, room that nobody needs any more, a registration, a key or a reader that came meanwhile: the
        // copy stays and its owner learns so.
        var isUnnamed = _unnamed.Contains(copy) && IsUnnamed(copy);
        if (!_copies.EndEviction(copy.Slot, now)
            || (_waiting.Count == 0 && !isUnnamed)
            || _protected.Contains(message.Id)
            || !TryFree(message.Id, copy, evicted: !isUnnamed, forgetKeys: message.WasLast, outbox))
            outbox.Send(Destination.Owners, new AddCopy(message.Id, copy));
        else if (isUnnamed)
            _dropped++;
        else
            _evicted++;
        Serve(now, outbox);
    }

    private void OnEvictRefused(TimeSpan now, EvictRefused message, Outbox outbox)
    {
        // Asking again at once would turn a full tier of leased blocks into a storm of questions.
        if (_copies.Holds(message.Copy) && _copies.EndEviction(message.Copy.Slot, now + RefusalPause))
            AskForRoom(now, outbox);
    }

    private void OnDrop(TimeSpan now, BlockId id, in CopyLocation copy, Outbox outbox)
    {
        if (!_copies.Holds(copy))
        {
            outbox.Send(Destination.Owners, new RemoveCopy(id, copy));
            return;
        }

        if (!TryDrop(id, copy, outbox) && !_drops.Contains(copy))
            _drops.Add(copy);
        Serve(now, outbox);
    }

    private void OnCorrupt(TimeSpan now, ReportCorrupt message, Outbox outbox)
    {
        if (!_copies.Holds(message.Copy))
            return;
        _corrupt++;

        // Its owner must stop to locate it at once, also while a lease that was given earlier still holds it.
        outbox.Send(Destination.Owners, new RemoveCopy(message.Id, message.Copy));
        OnDrop(now, message.Id, message.Copy, outbox);
    }

    private void RetryDrops(Outbox outbox) =>
        _drops.RemoveAll(copy => !_copies.Holds(copy) || TryDrop(_copies.IdAt(copy.Slot), copy, outbox));

    private bool TryDrop(BlockId id, in CopyLocation copy, Outbox outbox)
    {
        if (!TryFree(id, copy, evicted: false, forgetKeys: true, outbox))
            return false;
        _dropped++;
        outbox.Send(Destination.Owners, new RemoveCopy(id, copy));
        return true;
    }

    private bool TryFree(BlockId id, in CopyLocation copy, bool evicted, bool forgetKeys, Outbox outbox)
    {
        var keys = KeysOf(copy.Slot);
        if (!_arena.TryFree(copy.Slot, copy.Generation))
            return false;
        _copies.Remove(copy.Slot);
        _policy.Remove(copy.Slot, evicted);
        if (forgetKeys)
        {
            foreach (var binding in keys)
                outbox.Send(Destination.KeyIndex, new Forget(binding.Key, id, binding.Stamp));
        }

        return true;
    }
}
