using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Cascade.Hosting.Configuration;
using Cascade.Hosting.Node;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Slurm;

/// <summary>
/// Memory that node processes of this user's jobs left because they were killed. It counts against nobody any more, and nobody takes it over: another job has another
/// name, or another rank on this machine. What a living process holds, which its lock says, and what another user owns, stays.
/// </summary>
internal static partial class JobLeftovers
{
    private const string Pattern = "cascade-*";

    /// <summary>Removes what earlier jobs left, before a node starts: clusters named by jobs, and this cluster's nodes of other numbers.</summary>
    public static void RemoveEarlier(CascadeOptions options, ILogger logger)
    {
        var (name, self) = (options.Cluster.Name, options.Node.Id.ToString(CultureInfo.InvariantCulture));

        // Where several nodes of this cluster start on one machine, what is there may be for one of them to take over.
        Remove(options, logger, (cluster, node) => cluster == name ? !options.Slurm.IsLocal && node != self : NameOfJob().IsMatch(cluster));
    }

    /// <summary>Removes what killed nodes of this cluster left on this machine, when a node of it has ended.</summary>
    public static void RemoveSiblings(CascadeOptions options, ILogger logger) => Remove(options, logger, (cluster, _) => cluster == options.Cluster.Name);

    private static void Remove(CascadeOptions options, ILogger logger, Func<string, string, bool> isMeant)
    {
        var directory = options.Tiers.Shm.Directory;
        foreach (var arena in Find(directory, isMeant))
        {
            try
            {
                long? bytes = null;
                if (File.Exists(arena))
                {
                    // Opened for itself alone, which takes the lock that the process of an arena holds.
                    using var file = new FileStream(arena, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                    if (!IsOurs(arena))
                        continue;
                    bytes = file.Length;
                    File.Delete(arena);
                }

                var address = AddressFile.Beside(arena);
                if (File.Exists(address) && IsOurs(address))
                    File.Delete(address);
                if (bytes is { } length)
                    NodeLog.LeftoverRemoved(logger, arena, length);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is in use, another user's, or gone by now.
            }
        }
    }

    /// <summary>Paths of the arenas that are meant, also of those of which only the address is left.</summary>
    private static string[] Find(string directory, Func<string, string, bool> isMeant)
    {
        try
        {
            return
            [
                .. Directory.EnumerateFiles(directory, Pattern)
                    .Select(static path => (Path: path, Name: NameOfFile().Match(Path.GetFileName(path))))
                    .Where(file => file.Name.Success && isMeant(file.Name.Groups["cluster"].Value, file.Name.Groups["node"].Value))
                    .Select(file => Path.Combine(directory, file.Name.Groups["arena"].Value))
                    .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The arena's own start says what is wrong with the directory.
            return [];
        }
    }

    /// <summary>Others' files in a directory such as /dev/shm the system protects, but not from root.</summary>
    private static bool IsOurs(string path)
    {
        if (!Environment.IsPrivilegedProcess)
            return true;
        try
        {
            using var stat = Process.Start(new ProcessStartInfo("stat", ["--format=%U", "--", path]) { RedirectStandardOutput = true })!;
            var owner = stat.StandardOutput.ReadToEnd().Trim();
            stat.WaitForExit();
            return owner == Environment.UserName;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // Without the program nobody says whose it is.
            return false;
        }
    }

    [GeneratedRegex(@"^(?<arena>cascade-(?<cluster>[a-z0-9-]{1,32})-(?<node>[0-9]{1,10}))(\.address)?$")]
    private static partial Regex NameOfFile();

    [GeneratedRegex("^" + SlurmLayer.ClusterPrefix + "[0-9]+$")]
    private static partial Regex NameOfJob();
}
