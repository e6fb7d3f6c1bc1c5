using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

public sealed partial class MemoryTierCore
{
    /// <summary>
    /// How long a slot is left alone after its owner refused or the cold tier was busy: a lease lives longer, a tick is about as long.
    /// </summary>
    private static readonly TimeSpan RefusalPause = TimeSpan.FromMilliseconds(50);

    private TimeSpan _now;
    private bool _makesNoRoom;

    /// <summary>Until when no victim is looked for ahead of need, since none was found: the walk over all slots is long.</summary>
    private TimeSpan _lookAgainAt = TimeSpan.MinValue;

    private bool NeedsRoom => !_makesNoRoom
        && (_waiting.Count > 0 || FreeSoonBytes < _settings.HeadroomBytes || FreeSoonSlots < _headroomSlots);

    /// <summary>Bytes that are to come free: what is waited for, and what is missing of the headroom.</summary>
    private long WantedBytes => _waitingBytes + Math.Max(0, _settings.HeadroomBytes - FreeSoonBytes);

    /// <summary>Descriptors that are to come free: memory full of small blocks runs out of them before it runs out of bytes.</summary>
    private long WantedSlots => _headroomSlots + _waiting.Count - FreeSoonSlots;

    /// <summary>True when what is on its way out does not suffice; what lies in pieces may take more than that.</summary>
    private bool WantsMore => !_makesNoRoom
        && (_copies.EvictingBytes + _demotingBytes < WantedBytes || _copies.EvictionsInFlight + _demoting < WantedSlots);

    /// <summary>Asks owners to give up as much as is needed.</summary>
    private void AskForRoom(TimeSpan now, Outbox outbox)
    {
        _now = now;
        while (WantsMore
            && _copies.EvictionsInFlight < _settings.EvictionsInFlightMax
            && TryPick(now, out var slot, out var question))
            AskOwner(now, slot, question, outbox);
    }

    private bool TryPick(TimeSpan now, out uint slot, out EvictQuestion question)
    {
        while (_decided.TryDequeue(out var decided))
        {
            (var copy, question) = decided;
            slot = copy.Slot;
            if (_copies.Holds(copy) && MayEvict(slot))
                return true;
        }

        question = EvictQuestion.Extra;
        if (_extras.TryPick(_mayEvict, out slot))
            return true;
        (slot, question) = (0, EvictQuestion.Plain);
        var isForLater = _waiting.Count == 0;
        if ((_settings.HasColdTier && _demotions + _copies.EvictionsInFlight >= _settings.DemotionsInFlightMax)
            || (isForLater && now < _lookAgainAt))
            return false;
        if (_policy.TryPickVictim(_mayEvict, out slot) || (_admissions.AdmitAll() && _policy.TryPickVictim(_mayEvict, out slot)))
            return true;
        if (isForLater)
            _lookAgainAt = now + RefusalPause;
        return false;
    }

    private void AskOwner(TimeSpan now, uint slot, EvictQuestion question, Outbox outbox)
    {
        _copies.StartEviction(slot, question, now + _settings.EvictionTimeout);
        outbox.Send(
            Destination.Owners, new Evict(_copies.IdAt(slot), _copies.CopyAt(slot), Discard: question is EvictQuestion.Unworthy or EvictQuestion.Hopeless, _copies.AttemptAt(slot)));
    }

    /// <summary>True for a block that may not leave. What lies on a device may, for as long as its owner knows of a copy in shared memory.</summary>
    private bool IsProtected(BlockId id) => _self.Tier != TierKind.Gpu && _protected.Contains(id);

    private bool MayEvict(uint slot) =>
        _copies.IsCandidate(slot, _now) && !_arena.IsPinned(slot) && !IsUnannounced(slot) && !IsProtected(_copies.IdAt(slot));

    private void OnEvictGranted(TimeSpan now, EvictGranted message, Outbox outbox)
    {
        var copy = message.Copy;
        if (!_copies.Holds(copy))
            return;

        // A question that was withdrawn, room that nobody needs any more, a registration, a key or a reader that came meanwhile: the
        // copy stays and its owner learns so.
        var isUnnamed = _unnamed.Contains(copy) && IsUnnamed(copy);
        var question = EvictQuestion.None;
        if (message.Attempt == _copies.AttemptAt(copy.Slot))
            question = _copies.EndEviction(copy.Slot, now);
        else
            _copies.VoidEviction(copy.Slot, now + _settings.EvictionTimeout);

        // What was extra when it was asked about and is the last is kept, and counts as any other from now on.
        var isLastOfExtra = message.WasLast && _extras.Remove(copy.Slot);
        var mayGo = question != EvictQuestion.None && !isLastOfExtra && (NeedsRoom || isUnnamed) && !IsProtected(message.Id);
        var isToBeWritten = mayGo && !isUnnamed && !message.WasLast && !_settings.WritesLastCopiesOnly && question is not (EvictQuestion.Hopeless or EvictQuestion.Extra) && HasKeysToFlush(copy.Slot);
        if (!mayGo || isToBeWritten || !TryFree(message.Id, copy, evicted: !isUnnamed, forgetKeys: message.WasLast, outbox))
            outbox.Send(Destination.Owners, new AddCopy(message.Id, copy));
        else if (isUnnamed)
            _dropped++;
        else
            _evicted++;
        if (isToBeWritten)
            WriteToGo(now, copy, isDemotion: false, outbox);
        Serve(now, outbox);
    }

    private void OnEvictRefused(TimeSpan now, EvictRefused message, Outbox outbox)
    {
        // Asking again at once would turn a full tier of leased blocks into a storm of questions.
        if (_copies.Holds(message.Copy) && _copies.EndEviction(message.Copy.Slot, now + RefusalPause) != EvictQuestion.None)
            AskForRoom(now, outbox);
    }

    private void OnDrop(TimeSpan now, BlockId id, in CopyLocation copy, bool isCorrupt, Outbox outbox)
    {
        if (!_copies.Holds(copy))
        {
            outbox.Send(Destination.Owners, new RemoveCopy(id, copy));
            return;
        }

        if (!TryDrop(id, copy, isCorrupt, outbox) && !_copies.IsLeaving(copy.Slot))
        {
            _copies.NoteLeaving(copy.Slot);
            _drops.Add((copy, isCorrupt));
        }

        Serve(now, outbox);
    }

    private void OnCorrupt(TimeSpan now, ReportCorrupt message, Outbox outbox)
    {
        if (!_copies.Holds(message.Copy))
            return;
        _corrupt++;
        Lose(now, message.Id, message.Copy, outbox);
    }

    /// <summary>Lets go of a copy whose bytes are not what they are to be.</summary>
    private void Lose(TimeSpan now, BlockId id, in CopyLocation copy, Outbox outbox)
    {
        // Its owner must stop to locate it at once, also while a lease that was given earlier still holds it.
        outbox.Send(Destination.Owners, new RemoveCopy(id, copy));
        OnDrop(now, id, copy, isCorrupt: true, outbox);
        if (_copies.Holds(copy))
            _copies.Disown(copy.Slot);
    }

    private void RetryDrops(Outbox outbox) =>
        _drops.RemoveAll(drop =>
            !_copies.Holds(drop.Copy) || TryDrop(_copies.IdAt(drop.Copy.Slot), drop.Copy, drop.IsCorrupt, outbox));

    private bool TryDrop(BlockId id, in CopyLocation copy, bool isCorrupt, Outbox outbox)
    {
        // Of a corrupt copy there may be a sound one in the cold tier: then its keys go on to name that, which the owner knows.
        var mayBeElsewhere = isCorrupt && _settings.HasColdTier;
        var keys = mayBeElsewhere ? KeysOf(copy.Slot).ToArray() : [];
        if (!TryFree(id, copy, evicted: false, forgetKeys: !mayBeElsewhere, outbox))
            return false;
        _dropped++;
        foreach (var binding in keys)
            outbox.Send(Destination.Owners, new RemoveCopy(id, copy, binding));
        if (keys.Length == 0)
            outbox.Send(Destination.Owners, new RemoveCopy(id, copy));
        return true;
    }

    private bool TryFree(BlockId id, in CopyLocation copy, bool evicted, bool forgetKeys, Outbox outbox)
    {
        if (IsHeldByWrite(copy.Slot))
            return false;
        var keys = KeysOf(copy.Slot);
        if (!_arena.TryFree(copy.Slot, copy.Generation))
            return false;
        _copies.Remove(copy.Slot);
        _extras.Remove(copy.Slot);
        ForgetPassing(copy.Slot);
        if (_admissions.Remove(copy.Slot, keys))
            _policy.Remove(copy.Slot, evicted);
        if (forgetKeys)
        {
            foreach (var binding in keys)
                outbox.Send(Destination.KeyIndex, new Forget(binding.Key, id, binding.Stamp));
        }

        EndWriteOf(copy, outbox);
        return true;
    }
}
