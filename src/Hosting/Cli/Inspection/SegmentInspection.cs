namespace Cascade.Hosting.Cli.Inspection;

/// <summary>What the aggregated files of a directory were found to hold, field by field as the JSON document names it.</summary>
/// <param name="Path">The directory.</param>
/// <param name="Sound">True when nothing is wrong. A torn end is not: what lies there was never known to be flushed.</param>
/// <param name="Files">Aggregated files, of all ranks.</param>
/// <param name="Records">Whole records, also those that do not hold any more.</param>
/// <param name="BlockRecords">Those that carry a block.</param>
/// <param name="AliasRecords">Those that bind a further key.</param>
/// <param name="Tombstones">Those that take a key or a block away.</param>
/// <param name="Blocks">Blocks that hold, counted in each rank that has them; null when there were too many records to tell.</param>
/// <param name="Keys">Keys that name a block; null likewise.</param>
/// <param name="Bytes">Length of all files.</param>
/// <param name="LiveBytes">Bytes of records that hold; null likewise.</param>
/// <param name="LiveShare">Their share of all bytes, 0 to 1; null likewise.</param>
/// <param name="Damaged">Places without a whole record where the log was flushed.</param>
/// <param name="TornEnds">Ranks whose log ends in something that was not flushed.</param>
/// <param name="TornRecords">Whole records behind a torn end: the next start drops them.</param>
/// <param name="Unreadable">Files that could not be read, or not to their end.</param>
/// <param name="UnknownVersion">Records that only a later program can read.</param>
/// <param name="WrongDigests">Blocks whose bytes are not those of their id.</param>
/// <param name="Verified">Blocks whose bytes were compared with their id.</param>
/// <param name="FileList">The files, by rank and number.</param>
/// <param name="Faults">The first places at which something is wrong or torn.</param>
internal sealed record SegmentInspection(
    string Path,
    bool Sound,
    int Files,
    long Records,
    long BlockRecords,
    long AliasRecords,
    long Tombstones,
    long? Blocks,
    long? Keys,
    long Bytes,
    long? LiveBytes,
    double? LiveShare,
    long Damaged,
    long TornEnds,
    long TornRecords,
    long Unreadable,
    long UnknownVersion,
    long WrongDigests,
    long Verified,
    IReadOnlyList<SegmentFile> FileList,
    IReadOnlyList<SegmentFault> Faults);

/// <summary>One aggregated file.</summary>
/// <param name="File">Its name.</param>
/// <param name="Rank">The rank that wrote it.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Records">Whole records in it.</param>
/// <param name="LiveBytes">Bytes of those that hold; null when there were too many records to tell.</param>
/// <param name="LiveShare">Their share of its bytes, 0 to 1; null likewise.</param>
/// <param name="Damaged">Places at which something is wrong, torn ends left out.</param>
/// <param name="TornEnd">True when what was flushed of its rank's log ends in it, with something behind.</param>
internal sealed record SegmentFile(
    string File, int Rank, long Bytes, long Records, long? LiveBytes, double? LiveShare, long Damaged, bool TornEnd);

/// <summary>A place at which something is wrong or torn.</summary>
/// <param name="File">Name of the file.</param>
/// <param name="OffsetBytes">Where in it.</param>
/// <param name="Kind">What is wrong.</param>
/// <param name="Reason">In words.</param>
internal sealed record SegmentFault(string File, long OffsetBytes, SegmentFaultKind Kind, string Reason);

/// <summary>What can be wrong at a place of an aggregated file.</summary>
internal enum SegmentFaultKind
{
    /// <summary>No whole record, where the log was flushed.</summary>
    Damaged,

    /// <summary>The log of a rank ends here; what follows was never known to be flushed.</summary>
    TornEnd,

    /// <summary>The file cannot be read from here on.</summary>
    Unreadable,

    /// <summary>A record that only a later program can read.</summary>
    UnknownVersion,

    /// <summary>The bytes of the block are not those of its id.</summary>
    WrongDigest,
}
