using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Ownership;

/// <content>Copies come, go, and are given up one by one.</content>
public sealed partial class BlockOwnerCore
{
    private void OnAddCopy(TimeSpan now, in CopyLocation copy, Outbox outbox)
    {
        if (IsOutdated(now, copy, out var wasDeleted))
        {
            if (wasDeleted)
                outbox.Send(copy.Address, new Drop(_id, copy));
            return;
        }
        Count(copy, outbox);
        if (!_isDraining)
            return;
        // The block was deleted while this copy was on its way: it goes as the others do.
        foreach (var held in _copies)
            DropWhenFree(now, held, outbox);
    }

    private void OnRemoveCopy(TimeSpan now, RemoveCopy removed, Outbox outbox)
    {
        var held = FindSlot(removed.Copy);
        if (held is not null && held.Location.GenerationsAfter(removed.Copy) <= 0)
            Uncount(held);
        else
            _directory.Remove(_id, removed.Copy);
        RememberRemoved(now, removed.Copy, wasDeleted: false);
        EndDrainWhenEmpty(now, outbox);

        // The tier cannot know whether its copy was the last. A writer at work brings the block back, and its keys with it.
        var binding = removed.Binding;
        if (State == BlockState.Absent && _isComplete && !binding.Key.IsZero)
            outbox.Send(Destination.KeyIndex, new Forget(binding.Key, _id, binding.Stamp));
    }

    private void OnEvict(TimeSpan now, object sender, Evict evict, Outbox outbox)
    {
        var copy = evict.Copy;
        var held = FindSlot(copy);
        if (held is not null && held.Location.Generation != copy.Generation)
        {
            // One slot holds one copy: a later generation says that the earlier one is gone.
            if (held.Location.GenerationsAfter(copy) < 0)
                Uncount(held);
            held = null;
        }
        if (WhyKeep(now, held, evict) is { } reason)
        {
            outbox.Send(sender, new EvictRefused(_id, copy, reason));
            return;
        }
        var isLast = _copies.Count == (held is null ? 0 : 1);
        if (held is not null && isLast && !_isDraining && !evict.Discard && held.NextTier(_settings.HasColdTier) is { } next)
        {
            held.DemotedUntil = Deadline.After(now, _settings.DemoteTimeout);
            outbox.Send(sender, new Demote(_id, copy, next));
            return;
        }
        if (isLast && !_isComplete && !_isDraining)
        {
            // Others may be known to nodes that have yet to tell.
            outbox.Send(sender, new EvictRefused(_id, copy, EvictRefusal.Busy));
            return;
        }
        if (held is not null)
            Uncount(held);
        else
            _directory.Remove(_id, copy);
        if (_isDraining)
            RememberRemoved(now, copy, wasDeleted: true);
        outbox.Send(sender, new EvictGranted(_id, copy, isLast && _fill == 0, evict.Attempt));
        EndDrainWhenEmpty(now, outbox);
    }

    /// <summary>
    /// Why a copy has to stay, or null when it may go; <paramref name="held"/> is null for a copy that is not counted.
    /// </summary>
    private EvictRefusal? WhyKeep(TimeSpan now, HeldCopy? held, Evict evict)
    {
        if (held is { ReaderLeases: > 0 })
            return EvictRefusal.Leased;
        if (_registrations is not null && IsLastToKeep(held, evict.Copy))
            return EvictRefusal.Protected;
        // Any copy may be the one that the fill under way is about to commit: a tier that holds the block already gives its writer that one.
        if (_fill != 0)
            return EvictRefusal.Busy;
        // A report under way may name a copy that is not counted: it is not to go before that has come.
        if (held is null)
            return _directory.IsReported(_id, evict.Copy.Address) ? null : EvictRefusal.Busy;
        var isBeingDemoted = held.DemotedUntil > now && _copies.Count == 1 && !_isDraining && !evict.Discard;
        return held.PullLeases > 0 || isBeingDemoted ? EvictRefusal.Busy : null;
    }

    /// <summary>True when a protected block would be left with no copy in memory, or with none at all.</summary>
    private bool IsLastToKeep(HeldCopy? leaving, in CopyLocation copy)
    {
        foreach (var held in _copies)
        {
            if (!ReferenceEquals(held, leaving) && (held.IsInMemory || copy.Tier == TierKind.Cold))
                return false;
        }
        return true;
    }

    /// <summary>Counts a copy that is not outdated, and tells the writers that wait for one.</summary>
    private void Count(in CopyLocation copy, Outbox outbox)
    {
        if (FindSlot(copy) is { } known)
        {
            if (known.Location.Generation == copy.Generation)
            {
                _directory.Add(_id, known.Location);
                return;
            }
            Uncount(known);
        }
        if (_copies.Count >= _settings.MaxCopies)
        {
            outbox.Send(copy.Address, new Drop(_id, copy));
            return;
        }
        Hold(copy);
        _directory.Add(_id, copy);
        if (!_isDraining)
            TellWaitersPresent(outbox);
    }

    private void Hold(in CopyLocation copy)
    {
        if (FindSlot(copy) is { } known)
            _copies.Remove(known);
        _copies.Add(new HeldCopy(copy));
        if (copy.Tier != TierKind.Cold)
            return;
        foreach (var held in _copies)
            held.DemotedUntil = TimeSpan.Zero;
    }

    private void Uncount(HeldCopy copy)
    {
        _directory.Remove(_id, copy.Location);
        Lose(copy);
    }

    /// <summary>The copy is gone, and the directory knows.</summary>
    private void Lose(HeldCopy copy)
    {
        EndLeasesOn(copy);
        _copies.Remove(copy);
    }

    private HeldCopy? FindSlot(in CopyLocation copy)
    {
        foreach (var held in _copies)
        {
            if (held.Location.SharesSlotWith(copy))
                return held;
        }
        return null;
    }

    /// <summary>True when the copy is known to be gone: removed before, or its slot holds a later one.</summary>
    private bool IsOutdated(TimeSpan now, in CopyLocation copy, out bool wasDeleted)
    {
        wasDeleted = false;
        if (_removed is not null && _removed.Covers(now, copy, out wasDeleted))
            return true;
        return FindSlot(copy) is { } known && copy.GenerationsAfter(known.Location) < 0;
    }

    private void RememberRemoved(TimeSpan now, in CopyLocation copy, bool wasDeleted)
    {
        _removed ??= new RemovedCopies(_settings.RemovedMemory, _settings.RemovedFor);
        _removed.Add(now, copy, wasDeleted);
    }
}
