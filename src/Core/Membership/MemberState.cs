namespace Cascade.Core.Membership;

/// <summary>What is known of a node's life. Of two states told of one incarnation the later in this list holds.</summary>
public enum MemberState : byte
{
    /// <summary>Is learning who else there is; gets no work yet.</summary>
    Joining = 0,

    /// <summary>Works.</summary>
    Up = 1,

    /// <summary>Was up and did not answer; keeps its work until it is removed, since most suspicions are refuted.</summary>
    Suspect = 2,

    /// <summary>Is handing over its work before it goes.</summary>
    Leaving = 3,

    /// <summary>Did not answer for too long. Remembered; comes back by telling a higher incarnation.</summary>
    Removed = 4,

    /// <summary>Went of its own accord. Remembered; this life does not come back.</summary>
    Left = 5,
}
