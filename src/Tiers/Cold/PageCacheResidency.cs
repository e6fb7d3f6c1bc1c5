using System.Buffers;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Cold;

/// <summary>How much of a file the kernel keeps in its page cache, by <c>mincore</c>.</summary>
public static class PageCacheResidency
{
    private const long WindowBytes = 256 << 20;

    /// <summary>Bytes of the file in memory, in whole pages. Brings none there. For files that the caller may write to.</summary>
    /// <exception cref="IOException">The file cannot be opened or mapped.</exception>
    public static long BytesOf(string path)
    {
        using var file = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NOFOLLOW, 0);
        if (file.IsInvalid)
            throw Errno.Failure("Opening", path);
        if (Libc.statx(file, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, out var status) != 0)
            throw Errno.Failure("Examining", path);
        var resident = 0L;
        for (var at = 0L; at < (long)status.stx_size; at += WindowBytes)
        {
            var length = (nuint)Math.Min(WindowBytes, (long)status.stx_size - at);
            var address = Libc.mmap(0, length, Libc.PROT_READ, Libc.MAP_SHARED, file, at);
            if (address == Libc.MAP_FAILED)
                throw Errno.Failure("Mapping", path);
            try
            {
                resident += ResidentPages(address, length, path) * Environment.SystemPageSize;
            }
            finally
            {
                _ = Libc.munmap(address, length);
            }
        }

        return resident;
    }

    private static long ResidentPages(nint address, nuint length, string path)
    {
        var pages = (int)((length + (nuint)Environment.SystemPageSize - 1) / (nuint)Environment.SystemPageSize);
        var states = ArrayPool<byte>.Shared.Rent(pages);
        try
        {
            if (Libc.mincore(address, length, ref states[0]) != 0)
                throw Errno.Failure("Examining the page cache", path);
            var resident = 0L;
            foreach (var state in states.AsSpan(0, pages))
                resident += state & 1;
            return resident;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(states);
        }
    }
}
