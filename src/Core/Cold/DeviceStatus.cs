namespace Cascade.Core.Cold;

/// <summary>How the device fared with a request. A device maps what its system calls say to these and never throws at the core.</summary>
public enum DeviceStatus
{
    /// <summary>All of it was done.</summary>
    Ok = 0,

    /// <summary>No space is left on the file system (ENOSPC, EDQUOT). What was asked for may have been done in part.</summary>
    NoSpace = 1,

    /// <summary>The medium failed (EIO), less was moved than asked for, or the device gave up after its own time limit.</summary>
    IoError = 2,

    /// <summary>The file is not there (ENOENT, ESTALE), or is shorter than the range that was to be read.</summary>
    Gone = 3,

    /// <summary>The file or directory may not be used so (EACCES, EPERM, EROFS).</summary>
    AccessDenied = 4,

    /// <summary>Only for <see cref="ReadPayload"/> and <see cref="VerifyPayload"/>: all bytes were read, and they are not those of the block.</summary>
    DigestMismatch = 5,

    /// <summary>Only for <see cref="WriteRecord"/> of a copy: its source could not be read. The target range is undefined.</summary>
    SourceFailed = 6,
}

/// <summary>Where a run over record headers stopped.</summary>
public enum HeaderRunEnd
{
    /// <summary>As many headers as asked for were read; the file may go on.</summary>
    Full = 0,

    /// <summary>
    /// The file ends here, or a 4 KiB page of zeros lies where a header would, as in the unwritten part of a preallocated file.
    /// </summary>
    EndOfFile = 1,

    /// <summary>
    /// What lies here is no whole header, is one that was written for another place, or its payload goes past the end of the file.
    /// </summary>
    Damaged = 2,

    /// <summary>A whole header of a format version that this program does not read.</summary>
    UnknownVersion = 3,
}
