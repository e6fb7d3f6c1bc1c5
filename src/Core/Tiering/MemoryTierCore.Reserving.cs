using System.Globalization;
using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

public sealed partial class MemoryTierCore
{
    private readonly LinkedList<WaitingPut> _waiting = new();
    private long _waitingBytes;

    private sealed record WaitingPut(object Sender, long LengthBytes, TimeSpan Deadline, long Ticket);

    private void OnReserve(TimeSpan now, object sender, Reserve message, Outbox outbox)
    {
        var maxBytes = Math.Min(_arena.MaxBlockBytes, _settings.MaxBlockBytes);
        if (message.LengthBytes < 1 || message.LengthBytes > maxBytes)
        {
            outbox.Send(sender, new Refused(string.Create(
                CultureInfo.InvariantCulture,
                $"A block of {message.LengthBytes} bytes does not fit: this tier takes 1 to {maxBytes} bytes (cascade.tiers.shm.capacity and max-block).")));
            return;
        }

        if (_waiting.Count == 0 && _arena.TryReserve(message.LengthBytes, out var reservation))
        {
            outbox.Send(sender, new Reserved(reservation));
            return;
        }

        if (_waiting.Count >= _settings.WaitingPutsMax)
        {
            AnswerBusy(sender, $"{_waiting.Count} puts wait for room in memory already (cascade.tiers.shm.waiting-puts-max)", outbox);
            return;
        }

        _waiting.AddLast(new WaitingPut(sender, message.LengthBytes, now + message.Timeout, message.Ticket));
        _waitingBytes += message.LengthBytes;
        AskForRoom(now, outbox);
        ExpireWaiters(now, outbox);
    }

    private void OnWithdraw(TimeSpan now, Withdraw message, Outbox outbox)
    {
        for (var node = _waiting.First; node is not null && message.Ticket != 0; node = node.Next)
        {
            if (node.Value.Ticket != message.Ticket)
                continue;
            RemoveWaiter(node);
            AnswerBusy(node.Value.Sender, $"the request for {node.Value.LengthBytes} bytes was withdrawn", outbox);
            Serve(now, outbox);
            return;
        }
    }

    /// <summary>Gives room to waiting puts in their order, then asks for more where it does not suffice.</summary>
    private void Serve(TimeSpan now, Outbox outbox)
    {
        while (_waiting.First is { } head && _arena.TryReserve(head.Value.LengthBytes, out var reservation))
        {
            RemoveWaiter(head);
            outbox.Send(head.Value.Sender, new Reserved(reservation));
        }

        AskForRoom(now, outbox);
    }

    private void ExpireWaiters(TimeSpan now, Outbox outbox)
    {
        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Deadline <= now)
            {
                RemoveWaiter(node);
                AnswerBusy(
                    node.Value.Sender,
                    $"no room for {node.Value.LengthBytes} bytes came free in time: {_arena.FreeBytes} bytes are free in pieces, the rest is leased, protected or being written",
                    outbox);
            }

            node = next;
        }
    }

    private void RemoveWaiter(LinkedListNode<WaitingPut> node)
    {
        _waiting.Remove(node);
        _waitingBytes -= node.Value.LengthBytes;
    }

    private void AnswerBusy(object sender, FormattableString reason, Outbox outbox)
    {
        _busy++;
        outbox.Send(sender, new Busy(reason.ToString(CultureInfo.InvariantCulture)));
    }
}
