namespace Cascade.Core.Log;

/// <summary>What a log record says. The numbers are those in the file.</summary>
public enum LogRecordKind
{
    /// <summary>A block, whose bytes follow the header, and the first key bound to it.</summary>
    Block = 1,

    /// <summary>A further key bound to a block that lies elsewhere in the log; no payload.</summary>
    Alias = 2,

    /// <summary>With a key: it names nothing from its stamp on. Without: the block is dropped from the log. No payload.</summary>
    Tombstone = 3,
}
