namespace Cascade.Core.Log;

/// <summary>What was found where a record header may be.</summary>
public enum LogRecordStatus
{
    /// <summary>A whole header of a known version.</summary>
    Ok = 0,

    /// <summary>No record was ever begun here: the mark at the head is another, or missing.</summary>
    NotARecord = 1,

    /// <summary>A record was begun here, but its header is cut short, damaged or contradicts itself.</summary>
    TornOrCorrupt = 2,

    /// <summary>A whole header, written by a program with another format version. It must be kept, not dropped as torn.</summary>
    UnknownVersion = 3,
}
