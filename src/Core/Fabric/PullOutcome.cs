namespace Cascade.Core.Fabric;

/// <summary>What came of a pull. Only <see cref="Done"/> says anything about the bytes in the target.</summary>
public enum PullOutcome
{
    /// <summary>All bytes are there, and the copy was the same one before and after they were moved.</summary>
    Done = 0,

    /// <summary>The copy is gone: its entry has another generation, or was given to another block. Ask the owner anew.</summary>
    Stale = 1,

    /// <summary>The peer cannot be read by this fabric now; the reason is in words. Another fabric may do.</summary>
    Unreachable = 2,

    /// <summary>The time given was over first.</summary>
    TimedOut = 3,

    /// <summary>As many pulls are in flight as are allowed, here or at the peer. Nothing was started.</summary>
    Busy = 4,

    /// <summary>The caller cancelled.</summary>
    Cancelled = 5,
}
