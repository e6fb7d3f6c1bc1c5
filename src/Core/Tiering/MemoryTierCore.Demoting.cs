using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

/// <content>Copies that are written to the cold tier before they are given up.</content>
public sealed partial class MemoryTierCore
{
    /// <summary>Copies whose writing ended one way or the other, and what their owners are to be asked now: before any other victim.</summary>
    private readonly Queue<(CopyLocation Copy, EvictQuestion Question)> _decided = new();

    /// <summary>Writes that were set back and wait for another try, in the order of their time.</summary>
    private readonly Queue<CopyWrite> _paused = new();
    private int _demotions;

    /// <summary>Those of the demotions that are not set back, and their bytes.</summary>
    private int _demoting;
    private long _demotingBytes;

    private void OnDemote(TimeSpan now, Demote message, Outbox outbox)
    {
        var copy = message.Copy;
        if (!_copies.Holds(copy))
            return;
        _copies.EndEviction(copy.Slot, now);
        var wasExtra = _extras.Remove(copy.Slot);
        _now = now;

        // The last copy again after it was written for being the last: the tier below has taken it and given it up, and would do so time and again.
        var wasGivenUpBelow = _settings.WritesLastCopiesOnly && _copies.IsFlushed(copy.Slot);
        if (_unnamed.Contains(copy) && IsUnnamed(copy))
            AskForUnnamed(now, outbox);
        else if ((wasGivenUpBelow || (!_settings.HasColdTier && !wasExtra)) && NeedsRoom && MayEvict(copy.Slot))
            AskOwner(now, copy.Slot, EvictQuestion.Unworthy, outbox);
        else if (_settings.HasColdTier && NeedsRoom && !IsProtected(message.Id))
            WriteToGo(now, copy, isDemotion: true, outbox);
        AskForRoom(now, outbox);
    }

    /// <summary>Writes a copy that is to be given up then, or joins the write that is under way.</summary>
    private void WriteToGo(TimeSpan now, in CopyLocation copy, bool isDemotion, Outbox outbox)
    {
        if (_copies.IsLeaving(copy.Slot))
            return;
        var isNew = !_writes.TryGetValue(copy.Slot, out var write);
        if (isNew && _demotions >= _settings.DemotionsInFlightMax)
        {
            _copies.Quiet(copy.Slot, now + RefusalPause);
            return;
        }

        write ??= OpenWrite(copy);
        if (!write.IsToGo)
        {
            write.IsToGo = true;
            _demotions++;
            if (write.RetryAt is null)
                CountDemoting(write, 1);
        }

        if (isDemotion)
        {
            // The block is nowhere else: what was flushed before is gone with it.
            write.IsDemotion = true;
            write.Assumed = null;
            write.Flushed.Clear();
        }
        else
        {
            write.MustStore = true;
        }

        if (isNew)
            BeginRound(now, write, outbox);
    }

    /// <summary>All requests of a round are answered: there is more to write, or it is done, or it could not be done.</summary>
    private void EndRound(TimeSpan now, CopyWrite write, Outbox outbox)
    {
        if (_copies.IsLeaving(write.Copy.Slot))
        {
            EndWrite(write, NotFound.Instance, outbox);
            RetryDrops(outbox);
            Serve(now, outbox);
            return;
        }

        switch (write.Setback)
        {
            case null when !write.IsStored || HasKeysDue(write):
                BeginRound(now, write, outbox);
                break;
            case null:
                _copies.SetFlushed(write.Copy.Slot, true);
                _demoted += write.IsDemotion ? 1 : 0;
                Decide(now, write, EvictQuestion.Plain, outbox);
                break;
            case Cold.NotAdmitted when write.MustStore && !write.WasPutDurable:
                BeginRound(now, write, outbox);
                break;
            case Cold.NotAdmitted when !write.MustStore:
                Decide(now, write, EvictQuestion.Unworthy, outbox);
                break;
            case Cold.NotAdmitted or Refused or Unavailable:
                Decide(now, write, EvictQuestion.Hopeless, outbox);
                break;
            default:
                Pause(now, write, outbox);
                break;
        }
    }

    private void Decide(TimeSpan now, CopyWrite write, EvictQuestion question, Outbox outbox)
    {
        EndWrite(write, write.Setback ?? NotFound.Instance, outbox);
        if (write.IsToGo && NeedsRoom)
            _decided.Enqueue((write.Copy, question));
        Serve(now, outbox);
    }

    private void Pause(TimeSpan now, CopyWrite write, Outbox outbox)
    {
        if (write.IsToGo)
            CountDemoting(write, -1);
        write.RetryAt = now + RefusalPause;
        _paused.Enqueue(write);

        // Another copy may go at once: it need not be written, or the cold tier has room for it.
        AskForRoom(now, outbox);
    }

    private void CountDemoting(CopyWrite write, int sign)
    {
        _demoting += sign;
        _demotingBytes += sign * write.Copy.LengthBytes;
    }

    private void RetryWrites(TimeSpan now, Outbox outbox)
    {
        for (var left = _paused.Count; left > 0 && (_paused.Peek().IsOver || _paused.Peek().RetryAt <= now); left--)
        {
            var write = _paused.Dequeue();
            if (write.IsOver)
                continue;
            if (write.Askers.Count > 0 || (write.IsToGo && WantsMore))
            {
                if (write.IsToGo)
                    CountDemoting(write, 1);
                BeginRound(now, write, outbox);
            }
            else if (write.IsToGo && NeedsRoom)
            {
                write.RetryAt = now + RefusalPause;
                _paused.Enqueue(write);
            }
            else
            {
                EndWrite(write, NotFound.Instance, outbox);
            }
        }
    }
}
