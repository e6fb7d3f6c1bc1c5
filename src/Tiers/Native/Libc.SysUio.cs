using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cascade.Tiers.Native;

/// <summary>sys/uio.h.</summary>
internal static partial class Libc
{
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint preadv(SafeFileHandle fd, ref Iovec iov, int iovcnt, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pwritev(SafeFileHandle fd, ref Iovec iov, int iovcnt, long offset);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Iovec
    {
        public nint iov_base;
        public nuint iov_len;
    }
}
