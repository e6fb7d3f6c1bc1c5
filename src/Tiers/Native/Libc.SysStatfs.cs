using System.Runtime.InteropServices;

namespace Cascade.Tiers.Native;

/// <summary>sys/statfs.h, with the kinds of file systems from linux/magic.h and from Lustre's headers.</summary>
internal static partial class Libc
{
    public const long LL_SUPER_MAGIC = 0x0BD00BD0;
    public const long TMPFS_MAGIC = 0x01021994;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statfs(string path, out Statfs buf);

    /// <summary>struct statfs of 64-bit Linux, the field that is used.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    public struct Statfs
    {
        [FieldOffset(0)]
        public long f_type;
    }
}
