namespace Cascade.Tiers.Mpi;

/// <summary>How MPI was left.</summary>
public enum MpiEnd
{
    /// <summary>All ranks stopped together, and MPI was finalized.</summary>
    Finalized = 0,

    /// <summary>A rank has died or did not stop too, so finalizing would hang or abort: the process is to exit as it is, without another call of MPI.</summary>
    LeftOpen = 1,
}
