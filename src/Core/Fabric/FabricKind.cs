namespace Cascade.Core.Fabric;

/// <summary>By what way bytes come from a peer's memory.</summary>
public enum FabricKind
{
    /// <summary>The peer's arena is mapped into this process: both run on one machine.</summary>
    Mapping = 0,

    /// <summary>One-sided reads by MPI.</summary>
    Mpi = 1,

    /// <summary>Bulk streams over TCP.</summary>
    Tcp = 2,
}
