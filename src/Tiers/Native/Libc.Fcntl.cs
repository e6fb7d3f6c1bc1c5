using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cascade.Tiers.Native;

/// <summary>fcntl.h.</summary>
internal static partial class Libc
{
    public const int O_RDONLY = 0;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;
    public const int F_GETFL = 3;
    public const int F_SETFL = 4;
    public const int POSIX_FADV_RANDOM = 1;
    public const int POSIX_FADV_DONTNEED = 4;

    // arm64 keeps the order that 32-bit ARM chose, in which O_DIRECT has the generic value of O_DIRECTORY.
    private static readonly bool IsArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public static readonly int O_NOFOLLOW = IsArm64 ? 0x8000 : 0x20000;
    public static readonly int O_DIRECT = IsArm64 ? 0x10000 : 0x4000;
    public static readonly int O_DIRECTORY = IsArm64 ? 0x4000 : 0x10000;

    /// <summary>Opens a file; an invalid handle means failure.</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle open(string pathname, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fallocate(SafeFileHandle fd, int mode, long offset, long len);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fcntl(SafeFileHandle fd, int cmd, int arg);

    /// <summary>Gives the error itself, errno is not set.</summary>
    [LibraryImport("libc")]
    public static partial int posix_fadvise(SafeFileHandle fd, long offset, long len, int advice);
}
