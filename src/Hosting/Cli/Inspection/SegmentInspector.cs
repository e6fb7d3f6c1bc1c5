using System.Globalization;

namespace Cascade.Hosting.Cli.Inspection;

/// <summary>Looks through the aggregated files of a directory, of all ranks; writes nothing and takes no lock.</summary>
internal static class SegmentInspector
{
    /// <summary>So many records of one rank are remembered: about a terabyte of 64 KiB blocks.</summary>
    private const int RecordsMax = 1 << 24;

    /// <summary>Inspects a directory.</summary>
    /// <param name="directory">The directory, in full.</param>
    /// <param name="verify">Read every block as well and compare it with its id.</param>
    /// <param name="progress">Told how many bytes of all files are behind.</param>
    /// <param name="cancellationToken">Stops between two records.</param>
    /// <param name="recordsMax">The most records of one rank that are remembered.</param>
    /// <exception cref="CliException">The directory is not there, cannot be listed, or holds no aggregated file.</exception>
    public static SegmentInspection Inspect(
        string directory, bool verify, IProgress<(long Done, long Total)>? progress, CancellationToken cancellationToken, int recordsMax = RecordsMax)
    {
        var first = Walk(verify, progress);
        if (!first.HasDamage)
            return first.ToReport(directory);

        // Beside a running node, what was being written or deleted in one look is whole or gone in the next.
        return first.ToReport(directory, Walk(verifyNow: false, null).DamagedPlaces());

        SegmentWalk Walk(bool verifyNow, IProgress<(long Done, long Total)>? tell)
        {
            using var walk = new SegmentWalk(ListFiles(directory), verifyNow, recordsMax);
            walk.Run(directory, tell, cancellationToken);
            return walk;
        }
    }

    private static List<SegmentTally> ListFiles(string directory)
    {
        if (File.Exists(directory))
            throw new CliException(ExitCode.Failed, $"'{directory}' is a file: give the directory that it lies in");
        try
        {
            var files = new List<SegmentTally>();
            foreach (var file in new DirectoryInfo(directory).EnumerateFiles("agg_rank*_*.bin"))
            {
                if (TryParse(file.Name, out var rank, out var number))
                    files.Add(new SegmentTally(file.FullName, rank, number, LengthOf(file)));
            }

            if (files.Count == 0)
                throw new CliException(
                    ExitCode.Failed,
                    $"there are no aggregated files in '{directory}': give the directory of a cold tier (cascade.tiers.cold.directory)");
            return [.. files.OrderBy(file => file.Rank).ThenBy(file => file.Number)];
        }
        catch (DirectoryNotFoundException e)
        {
            throw new CliException(ExitCode.Failed, $"there is no directory '{directory}'", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Failed, $"cannot list '{directory}': {e.Message}", e);
        }
    }

    /// <summary>0 of a file that a running node deleted meanwhile.</summary>
    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }

    private static bool TryParse(string name, out int rank, out uint number)
    {
        (rank, number) = (0, 0);
        var parts = name["agg_rank".Length..^".bin".Length].Split('_');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out rank)
            && uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number > 0
            && name == string.Create(CultureInfo.InvariantCulture, $"agg_rank{rank:000}_{number:000000}.bin");
    }
}
