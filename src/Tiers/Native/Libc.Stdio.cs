using System.Runtime.InteropServices;

namespace Cascade.Tiers.Native;

/// <summary>stdio.h.</summary>
internal static partial class Libc
{
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rename(string oldpath, string newpath);
}
