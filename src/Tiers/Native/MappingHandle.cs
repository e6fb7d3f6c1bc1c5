using Microsoft.Win32.SafeHandles;

namespace Cascade.Tiers.Native;

/// <summary>A shared mapping of a file from its first byte, at a 2 MiB boundary so that huge pages can back it. Unmapped when disposed.</summary>
internal sealed class MappingHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>Size of a huge page on x64, and on arm64 with 4 KiB pages.</summary>
    public const int HugePageBytes = 2 << 20;

    private readonly nuint _lengthBytes;

    private MappingHandle(nint address, nuint lengthBytes)
        : base(ownsHandle: true)
    {
        _lengthBytes = lengthBytes;
        SetHandle(address);
    }

    /// <summary>Address of the file's first byte.</summary>
    public nint Address => handle;

    /// <summary>Maps the file for reading, and for writing unless told otherwise; <paramref name="subject"/> names it in errors.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static MappingHandle Map(SafeFileHandle file, long lengthBytes, string subject, bool writable = true)
    {
        var length = checked((nuint)lengthBytes);
        var reserved = Libc.mmap(
            0, length + HugePageBytes, Libc.PROT_NONE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE, -1, 0);
        if (reserved == Libc.MAP_FAILED)
            throw Errno.Failure("Reserving address space for a mapping", subject);
        var address = (reserved + HugePageBytes - 1) & -HugePageBytes;
        var protection = Libc.PROT_READ | (writable ? Libc.PROT_WRITE : 0);
        if (Libc.mmap(address, length, protection, Libc.MAP_SHARED | Libc.MAP_FIXED, file, 0) == Libc.MAP_FAILED)
        {
            var failure = Errno.Failure("Mapping", subject);
            _ = Libc.munmap(reserved, length + HugePageBytes);
            throw failure;
        }

        Trim(reserved, address);
        Trim(address + (nint)PageAligned(length), reserved + (nint)PageAligned(length + HugePageBytes));
        return new MappingHandle(address, length);
    }

    /// <summary>From now on stores to the mapping go to pages of this process alone; what it reads stays what the file has.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public void MakePrivate(SafeFileHandle file, string subject)
    {
        const int Flags = Libc.MAP_PRIVATE | Libc.MAP_FIXED | Libc.MAP_NORESERVE;
        if (Libc.mmap(handle, _lengthBytes, Libc.PROT_READ | Libc.PROT_WRITE, Flags, file, 0) == Libc.MAP_FAILED)
            throw Errno.Failure("Making a mapping private", subject);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.munmap(handle, _lengthBytes) == 0;

    private static nuint PageAligned(nuint lengthBytes)
    {
        var page = (nuint)Environment.SystemPageSize;
        return (lengthBytes + page - 1) / page * page;
    }

    private static void Trim(nint from, nint to)
    {
        if (to > from)
            _ = Libc.munmap(from, (nuint)(to - from));
    }
}
