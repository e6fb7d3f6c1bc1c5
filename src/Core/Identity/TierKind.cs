namespace Cascade.Core.Identity;

/// <summary>Where a copy lies, nearest first.</summary>
public enum TierKind
{
    /// <summary>Device memory of this node.</summary>
    Gpu = 0,

    /// <summary>The mapped arena of this node under /dev/shm.</summary>
    Shm = 1,

    /// <summary>Another node's device or shared memory.</summary>
    Remote = 2,

    /// <summary>Aggregated files on a parallel file system or a local disk.</summary>
    Cold = 3,
}
