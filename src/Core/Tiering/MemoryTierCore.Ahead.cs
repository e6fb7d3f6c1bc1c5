using Cascade.Core.Clocks;
using Cascade.Core.Cold;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

/// <content>Room for blocks that are read from the cold tier before anybody asked for them.</content>
public sealed partial class MemoryTierCore
{
    /// <summary>Blocks that wait to be read ahead; a further one is denied.</summary>
    private const int AheadMax = 1024;

    /// <summary>What has no room within this would have been asked for by itself.</summary>
    private static readonly TimeSpan AheadTimeout = TimeSpan.FromSeconds(1);

    /// <summary>In the order of asking. They wait for room that is there when nobody else waits, and are the first to go without.</summary>
    private readonly List<(object Sender, RoomNeeded Needed, TimeSpan Deadline, bool MayDisplace)> _ahead = [];

    private void AwaitAhead(TimeSpan now, object sender, RoomNeeded needed, Outbox outbox)
    {
        if (needed.LengthBytes < 1 || needed.LengthBytes > LargestBlock)
            Deny(sender, needed, WhyNeverFits(needed.LengthBytes), outbox);
        else if (_ahead.Count >= AheadMax)
            Deny(sender, needed, "enough is read ahead", outbox);
        else
            _ahead.Add((sender, needed, Deadline.After(now, AheadTimeout), _arriving?.MayReadAhead() ?? true));
        ServeAhead(now, outbox);
    }

    /// <summary>Gives room that nobody waits for, but not the last of it. What is kept free for puts comes free again as ever, by what is worth least.</summary>
    private void ServeAhead(TimeSpan now, Outbox outbox)
    {
        while (_waiting.Count == 0 && _ahead.Count > 0)
        {
            var (sender, needed, deadline, mayDisplace) = _ahead[0];
            var left = FreeSoonBytes - needed.LengthBytes;
            var isSpare = left >= _transitBytes && FreeSoonSlots > _transitSlots;
            var reason = _arena.TryFind(needed.Id, out _) ? "it is in memory"
                : deadline <= now ? "no room to spare came free in time"
                : isSpare || mayDisplace ? null
                : "of what was read ahead of late too little was asked for";
            if (reason is not null)
                Deny(sender, needed, reason, outbox);
            else if (left >= needed.LengthBytes && FreeSoonSlots > 1 && _arena.TryReserve(needed.LengthBytes, out var reservation))
                GiveRoom(now, sender, needed.Fetch, reservation, outbox);
            else
                return;
            _ahead.RemoveAt(0);
        }
    }

    private static void Deny(object sender, RoomNeeded needed, string reason, Outbox outbox) =>
        outbox.Send(sender, new RoomDenied(needed.Fetch, reason, WasAhead: true));
}
