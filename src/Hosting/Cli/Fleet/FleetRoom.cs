namespace Cascade.Hosting.Cli.Fleet;

/// <summary>Whether the arenas of a fleet fit, before any is made.</summary>
internal static class FleetRoom
{
    /// <summary>Checks the directory of the arenas. Those that are there have their room already; each node checks its own part more exactly.</summary>
    /// <param name="settings">What the nodes have in common.</param>
    /// <param name="nodes">Number of nodes.</param>
    /// <param name="capacityBytes">Bytes for the blocks of one node.</param>
    /// <exception cref="CliException">There is too little room, or the directory cannot be examined.</exception>
    public static void Require(FleetSettings settings, int nodes, long capacityBytes)
    {
        var missing = Enumerable.Range(0, nodes).Count(node => !File.Exists(settings.ArenaPath(node)));
        try
        {
            var volume = new DriveInfo(settings.MemoryDirectory);
            Require(settings.MemoryDirectory, missing, capacityBytes, volume.TotalSize, volume.AvailableFreeSpace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Unavailable, $"the directory of the arenas, {settings.MemoryDirectory}, cannot be examined: {e.Message}", e);
        }
    }

    /// <summary>Checks numbers; a volume without a limit has a total of 0.</summary>
    public static void Require(string directory, int arenas, long capacityBytes, long totalBytes, long freeBytes)
    {
        if (totalBytes == 0 || arenas == 0 || capacityBytes <= freeBytes / arenas)
            return;
        var needed = (Int128)arenas * capacityBytes;
        var text = needed <= long.MaxValue ? HumanText.Size((long)needed) : $"{needed} B";
        throw new CliException(
            ExitCode.Unavailable,
            $"{arenas} arenas of {HumanText.Size(capacityBytes)} need {text}, but {directory} has {HumanText.Size(freeBytes)} free of "
            + $"{HumanText.Size(totalBytes)}. Start fewer nodes, make cascade.tiers.shm.capacity smaller, or remove files there.");
    }
}
