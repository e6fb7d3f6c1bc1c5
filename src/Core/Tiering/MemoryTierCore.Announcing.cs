using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Core.Tiering;

public sealed partial class MemoryTierCore
{
    /// <summary>Keys under way to the index at a time, so that a full arena does not flood its mailbox.</summary>
    private const int AnnounceWindow = 256;

    private uint _announceCursor;
    private int _announcing;

    /// <summary>
    /// Starts to tell the key index what the arena held when the tier took it over, a window at a time. Owners need no word:
    /// they ask for the copies of a block when they start.
    /// </summary>
    public void Announce(Outbox outbox)
    {
        while (_announcing < AnnounceWindow && _announceCursor < _arena.SlotCount)
        {
            var slot = _announceCursor++;
            if (!_copies.IsResident(slot))
                continue;
            foreach (var binding in KeysOf(slot))
            {
                _announcing++;
                outbox.Send(Destination.KeyIndex, new Bind(binding, _copies.IdAt(slot)));
            }
        }
    }

    private void OnAnnounced(Outbox outbox)
    {
        if (--_announcing == 0)
            Announce(outbox);
    }
}
