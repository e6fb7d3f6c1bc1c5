using Cascade.Core.Log;

namespace Cascade.Hosting.Cli.Inspection;

/// <summary>What is counted of one file while it is read.</summary>
internal sealed class SegmentTally(string path, int rank, uint number, long lengthBytes)
{
    public string Path { get; } = path;

    public string Name { get; } = System.IO.Path.GetFileName(path);

    public int Rank { get; } = rank;

    public uint Number { get; } = number;

    /// <summary>Its length, which a node that writes it may have raised meanwhile.</summary>
    public long LengthBytes { get; private set; } = lengthBytes;

    /// <summary>End of the last record.</summary>
    public long EndBytes { get; private set; }

    public long Blocks { get; private set; }

    public long Aliases { get; private set; }

    public long Tombstones { get; private set; }

    public long Damaged { get; set; }

    public bool HasTornEnd { get; set; }

    /// <summary>Something at its end was told already: what lies there needs no further word.</summary>
    public bool IsEndTold { get; set; }

    public long? LiveBytes { get; set; }

    public long Records => Blocks + Aliases + Tombstones;

    public void Count(in LogRecordHeader header)
    {
        Blocks += header.Kind == LogRecordKind.Block ? 1 : 0;
        Aliases += header.Kind == LogRecordKind.Alias ? 1 : 0;
        Tombstones += header.Kind == LogRecordKind.Tombstone ? 1 : 0;
        EndBytes = header.Place.OffsetBytes + header.RecordBytes;
        LengthBytes = Math.Max(LengthBytes, EndBytes);
        IsEndTold = false;
    }

    public SegmentFile ToReport() =>
        new(Name, Rank, LengthBytes, Records, LiveBytes, ShareOf(LiveBytes, LengthBytes), Damaged, HasTornEnd);

    /// <summary>A share to four digits; 0 of nothing.</summary>
    public static double? ShareOf(long? part, long whole) => part is { } bytes ? whole == 0 ? 0 : Math.Round((double)bytes / whole, 4) : null;
}
