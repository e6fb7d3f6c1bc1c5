using System.Globalization;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Shm;

/// <summary>Whether an arena fits before any memory is taken: a clear refusal instead of a machine that runs out of memory.</summary>
internal static class ArenaRoom
{
    /// <exception cref="ArenaRefusedException">The directory or the machine has too little room.</exception>
    public static void Require(string directory, long neededBytes)
    {
        if (Libc.statvfs(directory, out var volume) != 0)
            throw new ArenaRefusedException(
                $"The arena cannot be created: {directory} cannot be examined.", Errno.Failure("statvfs", directory));
        var (totalBytes, freeBytes) = (volume.f_blocks * volume.f_frsize, volume.f_bavail * volume.f_frsize);

        // A tmpfs without a size limit reports no blocks at all.
        if (totalBytes > 0 && freeBytes < (ulong)neededBytes)
            throw TooSmall(directory, neededBytes, (long)freeBytes, (long)totalBytes);
        var availableBytes = AvailableMemoryBytes();
        if (availableBytes < neededBytes)
            throw new ArenaRefusedException(
                $"The arena needs {ByteSize.Format(neededBytes)} ({neededBytes} bytes), but the machine has {ByteSize.Format(availableBytes)} of memory "
                + "available. Make the arena smaller, or free memory.");
    }

    public static ArenaRefusedException TooSmall(string directory, long neededBytes, long freeBytes, long totalBytes, Exception? cause = null) => new(
        $"The arena needs {ByteSize.Format(neededBytes)} ({neededBytes} bytes), but {directory} has {ByteSize.Format(freeBytes)} ({freeBytes} bytes) free of "
        + $"{ByteSize.Format(totalBytes)}. Make the arena smaller, remove files there, or enlarge it: mount -o remount,size=<bytes> {directory}.",
        cause!);

    /// <summary>Memory that can be had without killing anyone, swap included; unlimited when the kernel does not say.</summary>
    private static long AvailableMemoryBytes()
    {
        const string Source = "/proc/meminfo";
        if (!File.Exists(Source))
            return long.MaxValue;
        var (kibibytes, known) = (0L, false);
        foreach (var line in File.ReadLines(Source))
        {
            var isAvailable = line.StartsWith("MemAvailable:", StringComparison.Ordinal);
            if (!isAvailable && !line.StartsWith("SwapFree:", StringComparison.Ordinal))
                continue;
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            kibibytes += long.Parse(words[1], CultureInfo.InvariantCulture);
            known |= isAvailable;
        }

        return known ? kibibytes << 10 : long.MaxValue;
    }
}
