using System.Globalization;

namespace Cascade.Hosting.Replay;

/// <summary>
/// How many bytes of files the kernel keeps in memory: <c>Cached + Buffers - Shmem</c> of /proc/meminfo. Shmem is taken off
/// because the arena, which lies on a tmpfs, is counted as cached. The figure is the machine's, not this process's.
/// </summary>
internal static class PageCacheMeter
{
    private const string MemInfoPath = "/proc/meminfo";

    /// <summary>The figure now; null where the system does not tell it.</summary>
    public static long? ReadBytes()
    {
        try
        {
            return ParseBytes(File.ReadAllText(MemInfoPath));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The figure in the text of /proc/meminfo; null when one of the three lines is absent or not in kB.</summary>
    public static long? ParseBytes(ReadOnlySpan<char> memInfo)
    {
        long? cached = null, buffers = null, shmem = null;
        foreach (var line in memInfo.EnumerateLines())
        {
            if (line.StartsWith("Cached:", StringComparison.Ordinal))
                cached = KibibytesOf(line);
            else if (line.StartsWith("Buffers:", StringComparison.Ordinal))
                buffers = KibibytesOf(line);
            else if (line.StartsWith("Shmem:", StringComparison.Ordinal))
                shmem = KibibytesOf(line);
        }

        return (cached + buffers - shmem) * 1024;
    }

    private static long? KibibytesOf(ReadOnlySpan<char> line)
    {
        var value = line[(line.IndexOf(':') + 1)..].Trim();
        return value.EndsWith(" kB", StringComparison.Ordinal)
            && long.TryParse(value[..^3], NumberStyles.None, CultureInfo.InvariantCulture, out var kib)
            ? kib
            : null;
    }
}
