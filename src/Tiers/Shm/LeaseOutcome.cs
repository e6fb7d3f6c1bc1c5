namespace Cascade.Tiers.Shm;

/// <summary>What became of asking for a lease.</summary>
public enum LeaseOutcome
{
    /// <summary>The copy is held in place.</summary>
    Leased,

    /// <summary>Nothing here goes by that name.</summary>
    Missing,

    /// <summary>The copy is here, but as many leases are held as the tier allows. Trying again later may succeed.</summary>
    TooManyLeases,

    /// <summary>The copy is here, but its bytes do not match its id: it is never served.</summary>
    Corrupt,
}
