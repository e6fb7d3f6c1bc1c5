using System.Globalization;
using Cascade.Core.Cold;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

/// <content>What is asked of the cold tier to write copies, and what its answers say.</content>
public sealed partial class MemoryTierCore
{
    /// <summary>Requests of one write at a time, so that a block of many keys leaves the cold tier's queue to others.</summary>
    private const int OpenPerWriteMax = 16;

    private readonly Dictionary<uint, CopyWrite> _writes = [];
    private readonly Dictionary<long, OpenErrand> _errands = [];
    private long _errandNumber;

    private CopyWrite OpenWrite(in CopyLocation copy)
    {
        var write = new CopyWrite(copy, _copies.IdAt(copy.Slot));
        _writes.Add(copy.Slot, write);
        _copies.SetWritten(copy.Slot, true);
        return write;
    }

    /// <summary>Asks for what is not flushed yet, and for no more: a key that comes on the way is for the next round.</summary>
    private void BeginRound(TimeSpan now, CopyWrite write, Outbox outbox)
    {
        write.BeginRound();
        CollectDue(write);
        if (!write.IsStored)
        {
            if (!write.Due.TryDequeue(out var binding) && write.Askers.Count > 0)
                binding = write.Askers[0].Binding;
            write.WasPutDurable = write.MustStore;
            var put = new ColdPut(
                write.Id, write.Memory, binding, _policy.FrequencyOf(write.Copy.Slot), write.MustStore, TimeoutOf(now, write),
                _arriving?.ChanceOfReuse(write.Copy.Slot) ?? 1);
            Send(new OpenErrand(write, Asker: null, binding, IsPut: true), put, outbox);
        }

        SendBinds(now, write, outbox);
        if (write.Open == 0)
            EndRound(now, write, outbox);
    }

    private void SendBinds(TimeSpan now, CopyWrite write, Outbox outbox)
    {
        while (write.Open < OpenPerWriteMax && write.Due.TryDequeue(out var binding))
            Send(
                new OpenErrand(write, Asker: null, binding, IsPut: false),
                new ColdBind(write.Id, binding, Durable: true, TimeoutOf(now, write)),
                outbox);
    }

    private void Send(OpenErrand errand, object request, Outbox outbox)
    {
        if (errand.Write is { } write)
            write.Open++;
        _errands.Add(++_errandNumber, errand);
        outbox.Send(_cold, new ColdErrand(_errandNumber, request));
    }

    /// <summary>Lists the keys of a copy that are to be flushed: those in the arena, then those that askers brought along.</summary>
    private void CollectDue(CopyWrite write)
    {
        foreach (var binding in KeysOf(write.Copy.Slot))
        {
            if (!write.Flushed.Contains(binding) && write.Assumed?.Contains(binding) != true)
                write.Due.Enqueue(binding);
        }

        foreach (var asker in write.Askers)
        {
            if (!write.IsKnownFlushed(asker.Binding) && !write.Due.Contains(asker.Binding))
                write.Due.Enqueue(asker.Binding);
        }
    }

    private bool HasKeysDue(CopyWrite write)
    {
        write.Due.Clear();
        CollectDue(write);
        return write.Due.Count > 0;
    }

    private TimeSpan TimeoutOf(TimeSpan now, CopyWrite write)
    {
        var timeout = write.IsToGo ? _settings.DemoteTimeout : TimeSpan.Zero;
        foreach (var asker in write.Askers)
            timeout = asker.Deadline - now > timeout ? asker.Deadline - now : timeout;
        return timeout;
    }

    private void OnColdAnswer(TimeSpan now, ColdAnswer message, Outbox outbox)
    {
        // An answer that comes twice is of no errand any more, or says nothing new.
        if (!_errands.TryGetValue(message.Number, out var errand))
            return;
        errand.Take(message.Answer);
        if (!errand.IsAnswered)
            return;
        _errands.Remove(message.Number);
        if (errand.Write is { } write)
            OnWriteAnswered(now, write, errand, outbox);
        else
            OnBindAnswered(errand.Asker!, errand.Reply!, outbox);
    }

    private void OnWriteAnswered(TimeSpan now, CopyWrite write, OpenErrand errand, Outbox outbox)
    {
        if (!_copies.Holds(write.Copy))
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture, $"Slot {write.Copy.Slot} was given up while it was being written: a write has to hold its copy."));
        write.Open--;
        var isFlushed = errand.IsPut ? errand.Released!.Durable : errand.Reply is ColdStored { Durable: true };
        if (isFlushed)
        {
            write.IsStored |= errand.IsPut;
            write.Flushed.Add(errand.Binding);
            AnswerFlushed(write, outbox);
        }
        else
        {
            // A block that is not there by now has to be put anew before a key can name it.
            write.IsStored &= errand.Reply is not NotFound;
            write.SetBack(errand.Reply!);
        }

        if (write.Setback is null && !_copies.IsLeaving(write.Copy.Slot))
            SendBinds(now, write, outbox);
        if (write.Open == 0)
            EndRound(now, write, outbox);
    }

    /// <summary>True while the cold tier may look at the copy, or answers about it are to come.</summary>
    private bool IsHeldByWrite(uint slot) => _writes.TryGetValue(slot, out var write) && write.Open > 0;

    private bool HasKeysToFlush(uint slot) =>
        _settings.HasColdTier && !_copies.IsFlushed(slot) && KeysOf(slot).Count > 0;

    /// <summary>Ends the write of a copy that left; it can only have been in a pause.</summary>
    private void EndWriteOf(in CopyLocation copy, Outbox outbox)
    {
        if (_writes.TryGetValue(copy.Slot, out var write))
            EndWrite(write, NotFound.Instance, outbox);
    }

    /// <summary>Ends a write; those who still wait for it are answered.</summary>
    private void EndWrite(CopyWrite write, object answer, Outbox outbox)
    {
        write.IsOver = true;
        _writes.Remove(write.Copy.Slot);
        _copies.SetWritten(write.Copy.Slot, false);
        if (write.IsToGo)
        {
            _demotions--;
            if (write.RetryAt is null)
                CountDemoting(write, -1);
        }

        while (write.Askers.Count > 0)
            Answer(write.Askers[0], answer, outbox);
    }
}
