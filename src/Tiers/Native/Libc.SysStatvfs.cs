using System.Runtime.InteropServices;

namespace Cascade.Tiers.Native;

/// <summary>sys/statvfs.h.</summary>
internal static partial class Libc
{
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statvfs(string path, out Statvfs buf);

    /// <summary>struct statvfs of 64-bit Linux, the fields that are used.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 112)]
    public struct Statvfs
    {
        [FieldOffset(8)]
        public ulong f_frsize;

        [FieldOffset(16)]
        public ulong f_blocks;

        [FieldOffset(32)]
        public ulong f_bavail;
    }
}
