using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

/// <content>Memory that fails takes its copies along.</content>
public sealed partial class MemoryTierCore
{
    /// <summary>Slots looked at in one step, so that a full table does not flood the owners' mailboxes.</summary>
    private const int LosePerStep = 256;

    /// <summary>Slots whose memory is gone and whose copies were not told to be: from the next one on, up to the end.</summary>
    private readonly Queue<(uint Next, uint End)> _lost = new();

    private void OnMemoryLost(TimeSpan now, MemoryLost message, Outbox outbox)
    {
        _lost.Enqueue((message.FirstSlot, Math.Min(message.FirstSlot + (uint)message.Slots, (uint)_arena.SlotCount)));
        LoseSome(now, outbox);
    }

    /// <summary>Tells the owners of some more copies that they are gone.</summary>
    private void LoseSome(TimeSpan now, Outbox outbox)
    {
        for (var left = LosePerStep; left > 0 && _lost.TryPeek(out var range); left--)
        {
            if (range.Next >= range.End)
            {
                _lost.Dequeue();
                continue;
            }

            var slot = range.Next;
            _lost.Dequeue();
            _lost.Enqueue((slot + 1, range.End));
            if (_copies.IsResident(slot) && !_copies.IsLeaving(slot))
                Lose(now, _copies.IdAt(slot), _copies.CopyAt(slot), outbox);
        }
    }
}
