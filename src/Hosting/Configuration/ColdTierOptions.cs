using Cascade.Core.Log;

namespace Cascade.Hosting.Configuration;

/// <summary>Settings of the cold tier.</summary>
public sealed record ColdTierOptions
{
    private const long CapacityMax = 1L << 50;
    private const long FileBytesMin = 2 * LogRecordHeader.SizeBytes;
    private const long FileBytesMax = 16L << 30;
    private const int FilesMin = 4;
    private const int ThreadsMax = 256;
    private const long WriteQueueMin = 1L << 20;
    private const int AdmitReadsMax = 3;
    private const int VerifyEveryMax = 1_000_000;
    private const long ReadAheadMax = 1L << 40;
    private const double HeadroomMax = 0.5;
    private const int AllTargets = -1;
    private const int StripeCountMax = 2000;
    private const long StripeGranuleBytes = 64L << 10;
    private const long StripeBytesMax = 2L << 30;

    private static readonly TimeSpan GroupDelayMax = TimeSpan.FromSeconds(10);

    /// <summary>True when the node has a cold tier.</summary>
    public bool IsPresent => Directory.Length > 0;

    /// <summary>Absolute path of the directory for the files; empty for no cold tier.</summary>
    public required string Directory { get; init; }

    /// <summary>True when other nodes see the same directory, so that each may read the files of all.</summary>
    public required bool IsShared { get; init; }

    /// <summary>Bytes that all files may take: at least four times <see cref="FileBytes"/>.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Length at which a file is closed and the next begun, in bytes: a multiple of 4 KiB.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Length in bytes of the largest block that is written; at least 1.</summary>
    public required long MaxBlockBytes { get; init; }

    /// <summary>Threads that read and write; at least 1.</summary>
    public required int Threads { get; init; }

    /// <summary>Bytes of memory that blocks waiting to be written may hold on to.</summary>
    public required long WriteQueueBytes { get; init; }

    /// <summary>How long a written block waits for others before a flush is begun; zero not to wait.</summary>
    public required TimeSpan GroupDelay { get; init; }

    /// <summary>Written bytes after which a flush is begun without further delay.</summary>
    public required long GroupBytes { get; init; }

    /// <summary>Reads below which an evicted block is dropped instead of written: 0 to 3.</summary>
    public required int AdmitReads { get; init; }

    /// <summary>Share of live bytes below which a closed file is compacted: 0 to 1.</summary>
    public required double CompactBelow { get; init; }

    /// <summary>Of so many reads one is checked against the block's digest; 1 checks all.</summary>
    public required int VerifyEvery { get; init; }

    /// <summary>Bytes of a prefix that are read ahead when its head is read; zero not to.</summary>
    public required long ReadAheadBytes { get; init; }

    /// <summary>Share of the memory tier that is kept free by writing ahead: 0 to 0.5.</summary>
    public required double Headroom { get; init; }

    /// <summary>Whether a file's room is set aside when the file is begun.</summary>
    public required bool Preallocate { get; init; }

    /// <summary>Stripes of a file on Lustre; -1 for as many as there are targets.</summary>
    public required int StripeCount { get; init; }

    /// <summary>Length of a stripe on Lustre, in bytes: a multiple of 64 KiB.</summary>
    public required long StripeBytes { get; init; }

    internal static ColdTierOptions Read(OptionsReader reader)
    {
        var (fileBytes, capacity) = ReadSizes(reader);
        return new()
        {
            Directory = reader.Text("directory", "an absolute path, or \"\" for no cold tier", IsDirectory),
            IsShared = reader.Boolean("shared"),
            CapacityBytes = capacity,
            FileBytes = fileBytes,
            MaxBlockBytes = ReadMaxBlock(reader, capacity),
            Threads = reader.Integer("threads", 1, ThreadsMax),
            WriteQueueBytes = reader.SizeBytes("write-queue", WriteQueueMin, CapacityMax),
            GroupDelay = reader.Duration("group-delay", TimeSpan.Zero, GroupDelayMax),
            GroupBytes = reader.SizeBytes("group-size", LogRecordHeader.SizeBytes, CapacityMax),
            AdmitReads = reader.Integer("admit-reads", 0, AdmitReadsMax),
            CompactBelow = reader.Share("compact-below"),
            VerifyEvery = reader.Integer("verify-every", 1, VerifyEveryMax),
            ReadAheadBytes = reader.SizeBytes("read-ahead", 0, ReadAheadMax),
            Headroom = reader.Share("headroom", HeadroomMax),
            Preallocate = reader.Boolean("preallocate"),
            StripeCount = ReadStripeCount(reader),
            StripeBytes = ReadStripeSize(reader),
        };
    }

    private static (long FileBytes, long CapacityBytes) ReadSizes(OptionsReader reader)
    {
        var fileBytes = reader.SizeBytes("file-size", FileBytesMin, FileBytesMax);
        var capacity = reader.SizeBytes("capacity", FilesMin * FileBytesMin, CapacityMax);
        if (fileBytes % LogRecordHeader.SizeBytes is > 0 and var over)
            reader.Fail("file-size", $"expected a multiple of 4 KiB; the next is {fileBytes + LogRecordHeader.SizeBytes - over}");
        if (capacity > 0 && capacity / FilesMin < fileBytes)
            reader.Fail(
                "capacity",
                $"{capacity} bytes are less than {FilesMin} files of {fileBytes}; raise capacity to {FilesMin * fileBytes} or lower file-size");
        return (fileBytes, capacity);
    }

    /// <summary>A block has to leave room for others: with its header it may take one of the least number of files.</summary>
    private static long ReadMaxBlock(OptionsReader reader, long capacity)
    {
        var limit = Math.Min((capacity / FilesMin) - LogRecordHeader.SizeBytes, LogRecordHeader.MaxPayloadBytes);
        var maxBlock = reader.SizeBytes("max-block", 0, LogRecordHeader.MaxPayloadBytes);
        if (capacity > 0 && maxBlock > limit)
            reader.Fail(
                "max-block",
                $"a block of {maxBlock} bytes takes more than a quarter of the capacity of {capacity}; lower max-block to {limit} or raise capacity");
        return maxBlock > 0 ? maxBlock : limit;
    }

    private static int ReadStripeCount(OptionsReader reader)
    {
        var count = reader.Integer("stripe-count", AllTargets, StripeCountMax);
        if (count == 0)
            reader.Fail("stripe-count", $"expected 1 to {StripeCountMax}, or {AllTargets} for all targets");
        return count;
    }

    private static long ReadStripeSize(OptionsReader reader)
    {
        var bytes = reader.SizeBytes("stripe-size", StripeGranuleBytes, StripeBytesMax);
        if (bytes % StripeGranuleBytes is > 0 and var over)
            reader.Fail("stripe-size", $"expected a multiple of 64 KiB; the next is {bytes + StripeGranuleBytes - over}");
        return bytes;
    }

    private static bool IsDirectory(string text) => text.Length == 0 || OptionsReader.IsAbsolutePath(text);
}
