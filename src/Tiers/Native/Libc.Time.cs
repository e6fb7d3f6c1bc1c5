using System.Runtime.InteropServices;

namespace Cascade.Tiers.Native;

/// <summary>time.h.</summary>
internal static partial class Libc
{
    /// <summary>Sleeps, and for less than a millisecond too; wakes up earlier at a signal.</summary>
    /// <param name="duration">Seconds, and nanoseconds beside them.</param>
    /// <param name="left">Not wanted: zero.</param>
    [LibraryImport("libc")]
    public static partial int nanosleep(in TimeSpec duration, nint left);

    /// <summary>struct timespec of 64-bit systems.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct TimeSpec(long seconds, long nanoseconds)
    {
        public readonly long Seconds = seconds;
        public readonly long Nanoseconds = nanoseconds;
    }
}
