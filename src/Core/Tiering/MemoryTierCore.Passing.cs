using System.Globalization;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

/// <content>Blocks that go on to other nodes, or come from them, since memory is full in one place and not in another.</content>
public sealed partial class MemoryTierCore
{
    /// <summary>Room whose writers are about to pass their blocks on, and until when they may: as many as there are puts under way.</summary>
    private readonly List<(Reservation Room, TimeSpan Deadline)> _passing = [];
    private long _passingBytes;

    /// <summary>What is free, and what comes free when all blocks that are being passed on are gone.</summary>
    private long FreeSoonBytes => _arena.FreeBytes + _passingBytes;

    private long FreeSoonSlots => _arena.FreeSlots + _passing.Count;

    /// <summary>True when memory is as good as full: what is left is for passing blocks on, and for puts that come faster than copies go.</summary>
    private bool IsShort => FreeSoonBytes < _transitBytes || FreeSoonSlots < _transitSlots;

    private bool TryReserveSpare(long lengthBytes, out Reservation reservation)
    {
        reservation = default;
        var isThere = _waiting.Count == 0 && FreeSoonBytes - lengthBytes >= _transitBytes && FreeSoonSlots > _transitSlots;
        return isThere && _arena.TryReserve(lengthBytes, out reservation);
    }

    private Busy NothingSpare(long lengthBytes)
    {
        _busy++;
        return new Busy(string.Create(CultureInfo.InvariantCulture, $"memory has no {lengthBytes} bytes to spare for another node's block"));
    }

    private void NotePassing(in Reservation room, TimeSpan deadline)
    {
        _passing.Add((room, deadline));
        _passingBytes += room.LengthBytes;
    }

    private void OnEndPassing(TimeSpan now, EndPassing message, Outbox outbox)
    {
        // What was passed on and has no name left may still be held by who pulled it: nothing else is to go for the moment until it does.
        if (!_unnamed.Any(copy => copy.Slot == message.Reservation.Slot && IsUnnamed(copy)))
            ForgetPassing(message.Reservation);
        AskForRoom(now, outbox);
    }

    /// <summary>The room of a slot is free: it need not be counted as room to be.</summary>
    private void ForgetPassing(uint slot)
    {
        var at = _passing.FindIndex(passing => passing.Room.Slot == slot);
        if (at >= 0)
            ForgetPassing(_passing[at].Room);
    }

    private void ForgetPassing(Reservation room)
    {
        if (_passing.RemoveAll(passing => passing.Room == room) > 0)
            _passingBytes -= room.LengthBytes;
    }

    private void ExpirePassing(TimeSpan now) => _passing.RemoveAll(passing =>
    {
        if (passing.Deadline > now)
            return false;
        _passingBytes -= passing.Room.LengthBytes;
        return true;
    });
}
