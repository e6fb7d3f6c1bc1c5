using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cascade.Tiers.Native;

/// <summary>sys/mman.h.</summary>
internal static partial class Libc
{
    public const int PROT_NONE = 0;
    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int MAP_SHARED = 0x01;
    public const int MAP_PRIVATE = 0x02;
    public const int MAP_FIXED = 0x10;
    public const int MAP_ANONYMOUS = 0x20;
    public const int MAP_NORESERVE = 0x4000;
    public const int MADV_HUGEPAGE = 14;
    public const int MADV_DONTDUMP = 16;

    /// <summary>Since Linux 5.14; older kernels answer EINVAL.</summary>
    public const int MADV_POPULATE_WRITE = 23;

    public const nint MAP_FAILED = -1;

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint mmap(nint addr, nuint length, int prot, int flags, SafeFileHandle fd, long offset);

    /// <summary>For anonymous mappings, whose descriptor is -1.</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint mmap(nint addr, nuint length, int prot, int flags, int fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int munmap(nint addr, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int madvise(nint addr, nuint length, int advice);

    /// <summary>One byte a page into <paramref name="vec"/>; its lowest bit says whether the page is in memory.</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int mincore(nint addr, nuint length, ref byte vec);
}
