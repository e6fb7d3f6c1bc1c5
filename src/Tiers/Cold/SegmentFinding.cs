using Cascade.Core.Log;

namespace Cascade.Tiers.Cold;

/// <summary>What lies at one place of an aggregated file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Rank">The rank that wrote it, by its name.</param>
/// <param name="Place">Number of the file, and where in it.</param>
/// <param name="Kind">What was found.</param>
/// <param name="Header">The record's header; default unless there is one.</param>
/// <param name="Reason">In words why the file could not be read; null when it could.</param>
public sealed record SegmentFinding(
    string Path, int Rank, LogPosition Place, SegmentFindingKind Kind, LogRecordHeader Header, string? Reason);

/// <summary>What was found where a record may be.</summary>
public enum SegmentFindingKind
{
    /// <summary>A record with a sound header, within the file. Its payload was not looked at.</summary>
    Record,

    /// <summary>No whole header for this place, or its record goes past the end of the file. What follows was looked through for the next.</summary>
    Damaged,

    /// <summary>A header of a version that this program does not read.</summary>
    UnknownVersion,

    /// <summary>The file could not be opened or read from here on.</summary>
    Unreadable,
}
