using Cascade.Core.Clocks;
using Cascade.Core.Cold;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

/// <content>Room for blocks that are read from the cold tier.</content>
public sealed partial class MemoryTierCore
{
    /// <summary>Room that was given and is neither filled nor returned, by where it lies; the arena bounds it.</summary>
    private readonly Dictionary<long, Reservation> _rooms = [];

    private void OnRoomNeeded(TimeSpan now, object sender, RoomNeeded message, Outbox outbox)
    {
        if (message.IsAhead)
        {
            AwaitAhead(now, sender, message, outbox);
            return;
        }

        _ahead.RemoveAll(ahead => ahead.Sender == sender && ahead.Needed.Fetch == message.Fetch);
        if (message.LengthBytes < 1 || message.LengthBytes > LargestBlock)
            outbox.Send(sender, new RoomDenied(message.Fetch, WhyNeverFits(message.LengthBytes)));
        else if (_waiting.Count > 0 || !_arena.TryReserve(message.LengthBytes, out var reservation))
            Await(now, new Waiter(sender, message.LengthBytes, Deadline.After(now, _settings.RoomTimeout), Ticket: 0, message.Fetch), outbox);
        else
            GiveRoom(now, sender, message.Fetch, reservation, outbox);
    }

    private void GiveRoom(TimeSpan now, object sender, long fetch, in Reservation reservation, Outbox outbox)
    {
        AskForRoom(now, outbox);
        _rooms.Add(reservation.OffsetBytes, reservation);
        outbox.Send(sender, new RoomGiven(fetch, new PayloadMemory(reservation.OffsetBytes, reservation.LengthBytes)));
    }

    private void OnRoomFilled(TimeSpan now, RoomFilled message, Outbox outbox)
    {
        if (!_rooms.Remove(message.Memory.Address, out var reservation))
            return;
        if (_arena.TryFind(message.Id, out var copy))
        {
            // A put was faster. The key is on disk already, so a copy that was all flushed stays so.
            _arena.Cancel(reservation);
            var wasFlushed = _copies.IsFlushed(copy.Slot);
            if (!message.Binding.Key.IsZero)
                TryBindAlias(message.Id, message.Binding);
            _copies.SetFlushed(copy.Slot, wasFlushed);
            Serve(now, outbox);
            return;
        }

        _arriving?.Await(reservation.Slot, message.IsAhead);
        copy = PublishNew(now, reservation, message.Id, message.Binding);
        _copies.SetFlushed(copy.Slot, true);
        _promoted++;
        outbox.Send(Destination.Owners, new AddCopy(message.Id, copy));
    }

    private void OnRoomReturned(TimeSpan now, RoomReturned message, Outbox outbox)
    {
        if (!_rooms.Remove(message.Memory.Address, out var reservation))
            return;
        _arena.Cancel(reservation);
        Serve(now, outbox);
    }
}
