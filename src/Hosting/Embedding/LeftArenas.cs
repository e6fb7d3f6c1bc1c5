using System.Globalization;

namespace Cascade.Hosting;

/// <summary>The arenas that clients left because they were killed: no later start takes them over, since every client has a number of its own.</summary>
internal static class LeftArenas
{
    /// <summary>Removes those of a cluster that no process holds. What this user may not open or remove stays.</summary>
    /// <param name="directory">Where arenas lie.</param>
    /// <param name="cluster">Name of the cluster.</param>
    public static void Remove(string directory, string cluster)
    {
        var prefix = $"cascade-{cluster}-";
        foreach (var path in Find(directory, prefix))
        {
            try
            {
                // Opened for itself alone, which takes the lock that the process of an arena holds: what is in use is not removed. A client that has made its
                // file but not locked it yet finds it removed when it has, and makes another.
                using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                    File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is in use, another user's, or gone by now.
            }
        }
    }

    private static string[] Find(string directory, string prefix)
    {
        try
        {
            return
            [
                .. Directory.EnumerateFiles(directory, $"{prefix}*").Where(path =>
                    uint.TryParse(Path.GetFileName(path.AsSpan())[prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                    && id >= ClusterClient.FirstId),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The arena's own start says what is wrong with the directory.
            return [];
        }
    }
}
