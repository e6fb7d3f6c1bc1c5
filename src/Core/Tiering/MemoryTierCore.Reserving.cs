using System.Globalization;
using Cascade.Core.Cold;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

public sealed partial class MemoryTierCore
{
    private readonly LinkedList<Waiter> _waiting = new();
    private long _waitingBytes;

    /// <summary>Who waits for room: a put, or a block that is read from the cold tier under the number of its fetch.</summary>
    private sealed record Waiter(object Sender, long LengthBytes, TimeSpan Deadline, long Ticket, long? Fetch, RoomUse Use = RoomUse.Store);

    private long LargestBlock => Math.Min(_arena.MaxBlockBytes, _settings.MaxBlockBytes);

    private void OnReserve(TimeSpan now, object sender, Reserve message, Outbox outbox)
    {
        if (message.LengthBytes < 1 || message.LengthBytes > LargestBlock)
            outbox.Send(sender, new Refused(WhyNeverFits(message.LengthBytes)));
        else if (message.Use == RoomUse.Spare)
            outbox.Send(sender, TryReserveSpare(message.LengthBytes, out var spare) ? new Reserved(spare) : NothingSpare(message.LengthBytes));
        else if (_waiting.Count > 0 || !_arena.TryReserve(message.LengthBytes, out var reservation))
            Await(now, new Waiter(sender, message.LengthBytes, now + message.Timeout, message.Ticket, Fetch: null, message.Use), outbox);
        else
            Grant(now, sender, reservation, message.Use, now + message.Timeout, outbox);
    }

    /// <summary>Hands room out, and has what is missing of the headroom then come free.</summary>
    private void Grant(TimeSpan now, object sender, in Reservation reservation, RoomUse use, TimeSpan deadline, Outbox outbox)
    {
        var isForPassing = use == RoomUse.StoreOrPass && IsShort;
        if (isForPassing)
            NotePassing(reservation, deadline);
        AskForRoom(now, outbox);
        outbox.Send(sender, new Reserved(reservation, isForPassing));
    }

    private string WhyNeverFits(long lengthBytes) => string.Create(
        CultureInfo.InvariantCulture,
        $"A block of {lengthBytes} bytes does not fit: this tier takes 1 to {LargestBlock} bytes ({_section}.capacity and max-block).");

    private void Await(TimeSpan now, Waiter waiter, Outbox outbox)
    {
        if (_waiting.Count >= _settings.WaitingPutsMax)
        {
            TurnAway(waiter, $"{_waiting.Count} puts wait for room in memory already ({_section}.waiting-puts-max)", outbox);
            return;
        }

        _waiting.AddLast(waiter);
        _waitingBytes += waiter.LengthBytes;
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
            TurnAway(node.Value, $"the request for {node.Value.LengthBytes} bytes was withdrawn", outbox);
            Serve(now, outbox);
            return;
        }
    }

    /// <summary>Gives room to those who wait in their order, then asks for more where it does not suffice.</summary>
    private void Serve(TimeSpan now, Outbox outbox)
    {
        while (_waiting.First is { } head && _arena.TryReserve(head.Value.LengthBytes, out var reservation))
        {
            RemoveWaiter(head);
            if (head.Value.Fetch is { } fetch)
                GiveRoom(now, head.Value.Sender, fetch, reservation, outbox);
            else
                Grant(now, head.Value.Sender, reservation, head.Value.Use, head.Value.Deadline, outbox);
        }

        ServeAhead(now, outbox);
        if (!NeedsRoom)
            _decided.Clear();
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
                TurnAway(
                    node.Value,
                    $"no room for {node.Value.LengthBytes} bytes came free in time: {_arena.FreeBytes} bytes are free in pieces, the rest is leased, protected or being written",
                    outbox);
            }

            node = next;
        }
    }

    private void RemoveWaiter(LinkedListNode<Waiter> node)
    {
        _waiting.Remove(node);
        _waitingBytes -= node.Value.LengthBytes;
    }

    private void TurnAway(Waiter waiter, FormattableString reason, Outbox outbox)
    {
        if (waiter.Fetch is { } fetch)
            outbox.Send(waiter.Sender, new RoomDenied(fetch, reason.ToString(CultureInfo.InvariantCulture)));
        else
            AnswerBusy(waiter.Sender, reason, outbox);
    }

    private void AnswerBusy(object sender, FormattableString reason, Outbox outbox)
    {
        _busy++;
        outbox.Send(sender, new Busy(reason.ToString(CultureInfo.InvariantCulture)));
    }
}
