namespace Cascade.Core.Cold;

/// <summary>What is known of one aggregated file.</summary>
internal sealed class LogFile(uint number)
{
    public uint Number { get; } = number;

    /// <summary>Where the next record goes, or the end of the last.</summary>
    public long EndBytes { get; set; }

    /// <summary>What the file counts against the capacity: what it may grow to while it is open, then its length.</summary>
    public long ChargedBytes { get; set; }

    /// <summary>Bytes of records that still hold.</summary>
    public long LiveBytes { get; set; }

    /// <summary>No record is appended any more.</summary>
    public bool IsSealed { get; set; }

    /// <summary>Its end is cut off, or nothing was behind it.</summary>
    public bool IsTrimmed { get; set; }

    /// <summary>Holds what this program cannot read: it is given up when its turn comes, but not compacted.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>It vanished: nothing written to it is worth anything.</summary>
    public bool IsGone { get; set; }

    /// <summary>What it still held was dropped from the index, and the file is to be deleted.</summary>
    public bool IsDoomed { get; set; }

    /// <summary>Reads, copies and truncations under way, and records that other nodes lease: it is not deleted before they end.</summary>
    public int InFlight { get; set; }

    /// <summary>Records written to it that no flush covers yet.</summary>
    public int Unflushed { get; set; }

    /// <summary>Its records in their order. One that moved or holds no more is still listed.</summary>
    public List<LogEntry> Records { get; } = [];
}
