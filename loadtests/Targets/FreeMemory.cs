using System.Globalization;

namespace Cascade.LoadTests.Targets;

/// <summary>Looks whether there is memory for an arena before any is taken.</summary>
internal static class FreeMemory
{
    /// <summary>What is to stay free for everything else, in bytes.</summary>
    private const long LeftBytesMin = 512L << 20;

    /// <summary>Throws when a machine or the file system of the arena has too little.</summary>
    /// <exception cref="TargetException">Too little; the message says how much there is.</exception>
    public static void Require(long neededBytes, string directory)
    {
        Compare(neededBytes + LeftBytesMin, AvailableBytes() ?? long.MaxValue, "The machine");
        Compare(neededBytes, Directory.Exists(directory) ? new DriveInfo(directory).AvailableFreeSpace : 0, $"'{directory}'");
    }

    private static void Compare(long neededBytes, long freeBytes, string place)
    {
        if (neededBytes > freeBytes)
            throw new TargetException(
                isMistake: false, $"{place} has {freeBytes >> 20} MiB free, and {neededBytes >> 20} MiB are needed: ask for less with --shm.");
    }

    private static long? AvailableBytes()
    {
        const string Name = "MemAvailable:";
        try
        {
            var line = File.ReadLines("/proc/meminfo").FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
            var kibibytes = line?[Name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
            return long.TryParse(kibibytes, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value << 10 : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
