using System.Runtime.InteropServices;

namespace Cascade.Tiers.Native;

/// <summary>stdlib.h.</summary>
internal static partial class Libc
{
    /// <summary>Changes the environment that native libraries see; what .NET calls the environment is a copy of it. Not while another thread reads it there.</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int setenv(string name, string value, int overwrite);
}
