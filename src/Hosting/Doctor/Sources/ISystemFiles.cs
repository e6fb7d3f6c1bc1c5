namespace Cascade.Hosting.Doctor.Sources;

/// <summary>The files of a machine, those of /proc and /sys among them.</summary>
internal interface ISystemFiles
{
    /// <summary>The text of a file without the white space around it; null when it is not there or may not be read.</summary>
    string? ReadText(string path);

    /// <summary>True when there is something of this path: a file, a device, a directory.</summary>
    bool Exists(string path);

    /// <summary>True when there is a directory of this path.</summary>
    bool IsDirectory(string path);

    /// <summary>The path with all links followed.</summary>
    string RealPathOf(string path);

    /// <summary>Bytes of all files of a directory whose names fit a pattern with <c>*</c>.</summary>
    long BytesOf(string directory, string pattern);

    /// <summary>How large the file system of a directory is.</summary>
    /// <exception cref="IOException">It does not say.</exception>
    VolumeSpace SpaceOf(string directory);

    /// <summary>Writes and reads a page past the page cache, in a file that is gone afterwards.</summary>
    DirectIoOutcome TryDirectIo(string directory);
}

/// <summary>Size of a file system.</summary>
/// <param name="TotalBytes">All of it; 0 when it has no limit.</param>
/// <param name="FreeBytes">What this user may still take.</param>
internal readonly record struct VolumeSpace(long TotalBytes, long FreeBytes);

/// <summary>What came of a direct transfer.</summary>
internal enum DirectIoResult
{
    /// <summary>The bytes came back as they were written.</summary>
    Direct,

    /// <summary>The file system refuses <c>O_DIRECT</c>.</summary>
    Refused,

    /// <summary>No file could be made, written or read, or other bytes came back.</summary>
    Failed,
}

/// <summary>What came of a direct transfer.</summary>
/// <param name="Result">In one word.</param>
/// <param name="Reason">The system's words; empty for <see cref="DirectIoResult.Direct"/>.</param>
internal readonly record struct DirectIoOutcome(DirectIoResult Result, string Reason);
