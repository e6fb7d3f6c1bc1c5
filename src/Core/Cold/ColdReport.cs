namespace Cascade.Core.Cold;

/// <summary>Figures of a cold store.</summary>
/// <param name="Blocks">Blocks that can be read.</param>
/// <param name="Keys">Keys that name a block, stored or not.</param>
/// <param name="Files">Files.</param>
/// <param name="ChargedBytes">What the files take, the unwritten part of the open one included.</param>
/// <param name="CapacityBytes">What they may take.</param>
/// <param name="LiveBytes">Bytes of records that still hold.</param>
/// <param name="OpenWrites">Changes that wait, are being written or wait for a flush.</param>
/// <param name="HeldBytes">Memory that they hold on to.</param>
/// <param name="Figures">Counters since start.</param>
public readonly record struct ColdReport(
    int Blocks, int Keys, int Files, long ChargedBytes, long CapacityBytes, long LiveBytes, int OpenWrites, long HeldBytes,
    ColdFigures Figures);

/// <summary>Counters of a cold store since start.</summary>
public record struct ColdFigures
{
    /// <summary>Records written and flushed, copies left out.</summary>
    public long Stored { get; set; }

    /// <summary>Flushes that completed.</summary>
    public long Flushes { get; set; }

    /// <summary>Puts that were not worth a write.</summary>
    public long NotAdmitted { get; set; }

    /// <summary>Requests answered <see cref="Messages.Busy"/>.</summary>
    public long Busy { get; set; }

    /// <summary>Blocks read.</summary>
    public long Read { get; set; }

    /// <summary>Asks that joined a read under way.</summary>
    public long Joined { get; set; }

    /// <summary>Payloads that were not those of their block.</summary>
    public long Corrupt { get; set; }

    /// <summary>Places where recovery found no header where one had to be.</summary>
    public long DamagedHeaders { get; set; }

    /// <summary>Torn ends that recovery cut off.</summary>
    public long TornTails { get; set; }

    /// <summary>Payloads at the end of the log that had not reached the disk before a crash.</summary>
    public long TornPayloads { get; set; }

    /// <summary>Writes, flushes and reads that the device failed.</summary>
    public long DeviceErrors { get; set; }

    /// <summary>Records written anew after such a failure.</summary>
    public long Rewritten { get; set; }

    /// <summary>Records that could not be written for good.</summary>
    public long Lost { get; set; }

    /// <summary>Blocks that became readable and durable.</summary>
    public long Published { get; set; }

    /// <summary>Blocks that can be read no more because they were dropped, or their file vanished.</summary>
    public long Dropped { get; set; }

    /// <summary>Blocks given up for room.</summary>
    public long Evicted { get; set; }

    /// <summary>Records copied out of files that were reclaimed.</summary>
    public long Copied { get; set; }

    /// <summary>Files reclaimed.</summary>
    public long FilesReclaimed { get; set; }

    /// <summary>Files that vanished.</summary>
    public long FilesGone { get; set; }

    /// <summary>Index checkpoints written.</summary>
    public long Checkpoints { get; set; }
}
