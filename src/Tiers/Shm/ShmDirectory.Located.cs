using Cascade.Core.Leases;
using Cascade.Core.Placement;

namespace Cascade.Tiers.Shm;

/// <summary>Leases of copies that a peer names by where they lie.</summary>
public sealed unsafe partial class ShmDirectory
{
    /// <summary>Leases the copy that lies where its owner said, and says what came of it.</summary>
    /// <returns><see cref="LeaseOutcome.Missing"/> as well when the place holds another copy by now, or never was this node's.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The duration is not positive, or longer than 7 days.</exception>
    public LeaseOutcome Lease(in CopyLocation copy, TimeSpan duration, out BlockLease lease)
    {
        LeaseTable.RequireDuration(duration);
        lease = default;
        if (copy.Node != _node || copy.Slot >= (uint)_table.Count || !_gate.TryEnter(out var ticket))
            return LeaseOutcome.Missing;
        try
        {
            var pinned = _pins.TryPin(copy.Slot, copy.Generation);
            if (!IsPinned(pinned))
                return Grant(pinned, copy.Slot, duration, out lease);

            // Generations begin anew with a new arena file, so that one alone does not say that it is the same block.
            ref var entry = ref _table[copy.Slot];
            if (entry.Kind == DescriptorKind.Resident && entry.OffsetBytes == copy.OffsetBytes && entry.LengthBytes == copy.LengthBytes)
                return Grant(pinned, copy.Slot, duration, out lease);
            _pins.Unpin(copy.Slot);
            return LeaseOutcome.Missing;
        }
        finally
        {
            _gate.Exit(ticket);
        }
    }
}
