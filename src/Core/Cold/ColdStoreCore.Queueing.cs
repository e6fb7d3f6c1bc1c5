using System.Globalization;
using Cascade.Core.Clocks;
using Cascade.Core.Log;
using Cascade.Core.Messages;
using Cascade.Core.Placement;

namespace Cascade.Core.Cold;

public sealed partial class ColdStoreCore
{
    /// <summary>Changes that were asked for, in their order.</summary>
    private readonly LinkedList<LogWrite> _queue = new();
    private ColdFigures _figures;
    private int _openWrites;
    private long _heldBytes;

    /// <summary>No wait ends before: what waits need not be looked through till then.</summary>
    private TimeSpan _nextExpiry = TimeSpan.MaxValue;

    private void OnPut(object sender, ColdPut message)
    {
        var write = new LogWrite(LogWriteKind.Put, sender, Deadline.After(_now, message.Timeout))
        {
            Id = message.Id,
            Binding = message.Binding,
            Memory = message.Memory,
            Durable = message.Durable,
        };
        var lengthMax = Math.Min(_settings.MaxBlockBytes, (_settings.CapacityBytes / 4) - LogRecordHeader.SizeBytes);
        var length = message.Memory.LengthBytes;
        if (message.Id.IsZero || length < 1 || length > lengthMax)
            TurnAway(write, new Refused(string.Create(
                CultureInfo.InvariantCulture,
                $"A block needs an id and 1 to {lengthMax} bytes to go to the cold tier; this one has {length} (cascade.tiers.cold.capacity and max-block).")));
        else if (!IsReady)
            TurnAway(write, NotReadyYet);
        else if (!message.Durable && !IsWorthWriting(message) && _index.Block(message.Id) is not { IsReadable: true })
        {
            _figures.NotAdmitted++;
            TurnAway(write, NotAdmitted.Instance);
        }
        else if (_full || _isRefused)
            TurnAway(write, new Unavailable($"The cold tier cannot be written: {_broken}."));
        else if (_heldBytes > 0 && _heldBytes + length > _settings.QueueBytesMax)
            TurnAway(write, BusyReply($"{_heldBytes} bytes wait to be written already"));
        else
            Enqueue(write);
    }

    /// <summary>What is written where there is room costs a write, and computing a block costs more. Where there is none, it costs another block.</summary>
    private bool IsWorthWriting(ColdPut message) =>
        message.Frequency >= _settings.AdmitFrequencyMin && (!IsFull || message.ChanceOfReuse >= _dropped.Chance);

    private Busy NotReadyYet => BusyReply($"the cold tier is still reading what is on disk");

    private void OnBind(object sender, ColdBind message) =>
        Enqueue(new LogWrite(LogWriteKind.Bind, sender, Deadline.After(_now, message.Timeout))
        {
            Id = message.Id,
            Binding = message.Binding,
            Durable = message.Durable,
        });

    private void OnDrop(object sender, ColdDrop message) =>
        Enqueue(new LogWrite(LogWriteKind.Drop, sender, Deadline.After(_now, message.Timeout))
        {
            Id = message.Id,
            Durable = message.Durable,
        });

    private void OnUnbind(object sender, ColdUnbind message) =>
        Enqueue(new LogWrite(LogWriteKind.Unbind, sender, Deadline.After(_now, message.Timeout))
        {
            Binding = new KeyBinding(message.Key, default, 0, message.Stamp),
            Durable = message.Durable,
        });

    private void Enqueue(LogWrite write)
    {
        if (!IsReady)
            TurnAway(write, NotReadyYet);
        else if (_openWrites >= _settings.QueueMax)
            TurnAway(write, BusyReply($"{_openWrites} changes wait for the cold tier already"));
        else
        {
            _openWrites++;
            _heldBytes += write.Memory.LengthBytes;
            _queue.AddLast(write);
            NoteExpiry(write);
        }
    }

    /// <summary>Ends a change that was never taken in.</summary>
    private void TurnAway(LogWrite write, object reply)
    {
        Answer(write, reply);
        if (write.Memory.LengthBytes > 0)
            _outbox.Send(write.Sender!, new MemoryReleased(write.Id, write.Memory, Durable: false));
    }

    /// <summary>Ends a change that was taken in: it is durable, needs no record, or is lost.</summary>
    private void Complete(LogWrite write, bool isDurable)
    {
        if (write.Sender is null)
            return;
        if (isDurable && write.Kind == LogWriteKind.Put && write.Entry is not { Kind: LogRecordKind.Block })
            TellAgain(write.Id);
        if (!write.Answered)
            Answer(write, isDurable ? Success(write, durable: true) : NotWritten("the record could not be written"));
        _openWrites--;
        if (write.Memory.LengthBytes > 0)
        {
            _heldBytes -= write.Memory.LengthBytes;
            _outbox.Send(write.Sender, new MemoryReleased(write.Id, write.Memory, isDurable));
        }
    }

    private static object Success(LogWrite write, bool durable) => write.Kind switch
    {
        LogWriteKind.Unbind or LogWriteKind.Drop => new ColdRemoved(write.Found),
        _ => new ColdStored(durable),
    };

    private void Answer(LogWrite write, object reply)
    {
        if (write.Answered || write.Sender is null)
            return;
        write.Answered = true;
        _outbox.Send(write.Sender, reply);
    }

    /// <summary>A device that fails is not one that has too much to do: trying again soon is of no use.</summary>
    private object NotWritten(string what) => _broken is { } broken
        ? new Unavailable($"{what}: {broken}")
        : BusyReply($"{what}: {_stalled ?? "the device is slower than what it is asked"}");

    private Busy BusyReply(FormattableString reason)
    {
        _figures.Busy++;
        return new Busy(reason.ToString(CultureInfo.InvariantCulture));
    }

    private void NoteExpiry(LogWrite write) => _nextExpiry = write.Deadline < _nextExpiry ? write.Deadline : _nextExpiry;

    /// <summary>There is no file to write to and none to be had: whoever waits learns that now, and not when its time is over.</summary>
    private void TurnAwayWaiting()
    {
        for (var node = _queue.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Sender is not null)
            {
                _queue.Remove(node);
                Answer(node.Value, NotWritten("it could not be written"));
                Complete(node.Value, isDurable: false);
            }

            node = next;
        }
    }

    private void ExpireWrites()
    {
        if (_now < _nextExpiry)
            return;
        _nextExpiry = TimeSpan.MaxValue;
        for (var node = _queue.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Deadline <= _now)
            {
                _queue.Remove(node);
                if (node.Value.Sender is not null)
                    Answer(node.Value, NotWritten("it was not written in time"));
                Complete(node.Value, isDurable: false);
            }
            else
            {
                NoteExpiry(node.Value);
            }

            node = next;
        }

        foreach (var write in _log)
        {
            ExpireAnswer(write);
            write.Followers?.ForEach(ExpireAnswer);
        }

        ExpireRewrites();
    }

    /// <summary>Who waits for a flush is told that it takes too long; the record stays in the log.</summary>
    private void ExpireAnswer(LogWrite write)
    {
        if (write.Deadline > _now)
            NoteExpiry(write);
        else if (!write.Answered && write.Sender is not null)
            Answer(write, BusyReply($"it was not flushed in time and may still become durable"));
    }
}
