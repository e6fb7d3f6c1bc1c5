namespace Cascade.Core.Leases;

/// <summary>The tier side of a lease. Thread-safe; no member allocates.</summary>
/// <remarks>A lease is named by its entry in the holder's table and the entry's stamp; a stale stamp makes every call a no-op.</remarks>
public interface ILeaseHolder
{
    /// <summary>True while the lease holds its copy in place.</summary>
    bool IsHeld(uint entry, uint stamp);

    /// <summary>Extends the lease to end <paramref name="duration"/> from now; false when it has ended already.</summary>
    bool TryRenew(uint entry, uint stamp, TimeSpan duration);

    /// <summary>Ends the lease. Repeating it does nothing.</summary>
    void Release(uint entry, uint stamp);
}
