using Cascade.Core.Identity;
using Cascade.Core.Leases;
using Cascade.Core.Placement;

namespace Cascade.Core.Remote;

/// <summary>The copies in this node's memory, as they are lent to other nodes: the directory of its arena. Thread-safe.</summary>
public interface ILendableCopies
{
    /// <summary>Leases the copy of a block that lies where its owner said.</summary>
    /// <param name="id">The block.</param>
    /// <param name="copy">Where it lies.</param>
    /// <param name="duration">More than 0, at most 7 days.</param>
    /// <param name="lease">The lease, when there is one.</param>
    LendOutcome TryLease(BlockId id, in CopyLocation copy, TimeSpan duration, out BlockLease lease);

    /// <summary>Says where a block lies in memory here.</summary>
    bool TryFind(BlockId id, out CopyLocation copy);
}

/// <summary>What came of asking for a lease.</summary>
public enum LendOutcome
{
    /// <summary>The copy is held in place.</summary>
    Lent = 0,

    /// <summary>It is not there, or not sound.</summary>
    Gone,

    /// <summary>As many leases are held as are allowed.</summary>
    Full,
}
