using Cascade.Core.Log;

namespace Cascade.Core.Cold;

/// <summary>The bounds of one cold tier.</summary>
public sealed record ColdSettings
{
    /// <summary>Length at which a file is closed and the next begun. A larger record gets a file of its own.</summary>
    public long FileBytes { get; init; } = 256L << 20;

    /// <summary>Most that all files may take, the unwritten part of the open one included: at least four times <see cref="FileBytes"/>.</summary>
    public long CapacityBytes { get; init; } = 100L << 30;

    /// <summary>Largest block that is taken, in bytes; also bounded by a quarter of the capacity.</summary>
    public long MaxBlockBytes { get; init; } = 4L << 30;

    /// <summary>Writes that wait for their turn. One more is answered busy at once.</summary>
    public int QueueMax { get; init; } = 4096;

    /// <summary>Bytes of memory that waiting and unflushed writes may hold on to; a put over it is answered busy at once.</summary>
    public long QueueBytesMax { get; init; } = 1L << 30;

    /// <summary>Records being written at a time: enough for a device to gather small ones that adjoin each other.</summary>
    public int WritesInFlightMax { get; init; } = 1024;

    /// <summary>Blocks being read at a time.</summary>
    public int ReadsInFlightMax { get; init; } = 16;

    /// <summary>Blocks being fetched or waiting to be, at a time.</summary>
    public int FetchesMax { get; init; } = 1024;

    /// <summary>Askers that wait for one block at a time.</summary>
    public int AskersPerFetchMax { get; init; } = 1024;

    /// <summary>Records that other nodes lease, to read them from the files, at a time. One more is answered busy.</summary>
    public int RecordLeasesMax { get; init; } = 4096;

    /// <summary>
    /// Longest time of such a lease; who asks for more gets this. A file of which nothing is needed any more may have to wait so long to be deleted.
    /// </summary>
    public TimeSpan RecordLeaseMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Written records after which a flush is begun without further delay.</summary>
    public int GroupRecordsMax { get; init; } = 1024;

    /// <summary>Written bytes after which a flush is begun without further delay.</summary>
    public long GroupBytesMax { get; init; } = 64L << 20;

    /// <summary>How long a written record waits for others before a flush is begun. Zero: not at all.</summary>
    public TimeSpan GroupDelay { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>
    /// Frequency from which a put that need not be durable is worth a write. Durable puts, and those of blocks that are stored already, are always admitted.
    /// </summary>
    public int AdmitFrequencyMin { get; init; }

    /// <summary>Closed files with a smaller share of live bytes are compacted: 0 to 1.</summary>
    public double CompactBelowShare { get; init; } = 0.5;

    /// <summary>Most of an evicted file, as a share, that is kept for having been read lately or for being protected: 0 to 1.</summary>
    public double ReinsertShareMax { get; init; } = 0.5;

    /// <summary>Appended bytes after which an index checkpoint is written; at least 32 times the length of the last one.</summary>
    public long CheckpointEveryBytes { get; init; } = 2L << 30;

    /// <summary>Bytes of one read-ahead proposal at most, and of all blocks that are being read ahead at a time.</summary>
    public long ReadAheadBytesMax { get; init; } = 256L << 20;

    /// <summary>Times that a record whose writing or flushing failed is written anew before it is reported lost.</summary>
    public int RewritesMax { get; init; } = 3;

    /// <summary>How long to leave the device alone after it had no space or failed to create or delete a file.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Headers asked for at a time in recovery.</summary>
    public int HeadersPerRead { get; init; } = 4096;

    /// <summary>Files whose headers are read at a time in recovery.</summary>
    public int RecoveryReadsMax { get; init; } = 8;

    internal void Validate()
    {
        Require(FileBytes >= 2 * LogRecordHeader.SizeBytes && FileBytes % LogRecordHeader.SizeBytes == 0, nameof(FileBytes), "a multiple of 4 KiB from 8 KiB on");
        Require(CapacityBytes / 4 >= FileBytes, nameof(CapacityBytes), "at least four times FileBytes");
        Require(MaxBlockBytes is > 0 and <= LogRecordHeader.MaxPayloadBytes, nameof(MaxBlockBytes), "1 to 4 GiB");
        Require(QueueMax > 0 && QueueBytesMax > 0, nameof(QueueMax), "positive, as is QueueBytesMax");
        Require(WritesInFlightMax > 0 && ReadsInFlightMax > 0, nameof(WritesInFlightMax), "positive, as is ReadsInFlightMax");
        Require(FetchesMax > 0 && AskersPerFetchMax > 0, nameof(FetchesMax), "positive, as is AskersPerFetchMax");
        Require(RecordLeasesMax > 0 && RecordLeaseMax > TimeSpan.Zero, nameof(RecordLeasesMax), "positive, as is RecordLeaseMax");
        Require(GroupRecordsMax > 0 && GroupBytesMax > 0 && GroupDelay >= TimeSpan.Zero, nameof(GroupRecordsMax), "positive, as are GroupBytesMax and GroupDelay");
        Require(CompactBelowShare is >= 0 and <= 1 && ReinsertShareMax is >= 0 and <= 1, nameof(CompactBelowShare), "0 to 1, as is ReinsertShareMax");
        Require(CheckpointEveryBytes > 0 && RewritesMax >= 0 && ReadAheadBytesMax >= 0, nameof(CheckpointEveryBytes), "positive, and RewritesMax and ReadAheadBytesMax not negative");
        Require(RetryDelay > TimeSpan.Zero && HeadersPerRead > 0 && RecoveryReadsMax > 0, nameof(RetryDelay), "positive, as are HeadersPerRead and RecoveryReadsMax");
    }

    private static void Require(bool holds, string name, string what)
    {
        if (!holds)
            throw new ArgumentException($"{name} of the cold tier has to be {what}: correct the setting.", name);
    }
}
