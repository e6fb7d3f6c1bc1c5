using Cascade.Core.Identity;
using Cascade.Core.Membership;

namespace Cascade.Hosting.Node;

/// <summary>
/// Where a node listens, in a file beside its arena: programs of the same machine find the cluster by it. Readable by whoever may read the arena. One that
/// a killed node left is replaced by its next start, and costs those who read it a refused connection.
/// </summary>
internal sealed class AddressFile : IDisposable
{
    private const string Extension = ".address";
    private const char LineEnd = '\n';
    private const int LengthMax = 512;

    private readonly string _path;

    private AddressFile(string path) => _path = path;

    /// <summary>Writes the file; it goes when the result is disposed.</summary>
    /// <param name="directory">Where the arena lies.</param>
    /// <param name="cluster">Name of the cluster.</param>
    /// <param name="node">The node.</param>
    /// <param name="mode">Permissions of the file, those of the arena.</param>
    /// <param name="address">Where the node listens.</param>
    /// <param name="launcher">What the node is a rank of MPI by; null for none. A later process of its can read it, see <see cref="LauncherOf"/>.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static AddressFile Write(string directory, string cluster, NodeId node, UnixFileMode mode, NodeAddress address, string? launcher = null)
    {
        var path = PathOf(directory, cluster, node);

        // A reader sees the old file or the new one, never half of one.
        var fresh = $"{path}.{Environment.ProcessId}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        using (var file = new FileStream(fresh, options))
            file.Write(System.Text.Encoding.ASCII.GetBytes(launcher is null ? address.Text : $"{address.Text}{LineEnd}{launcher}"));
        File.Move(fresh, path, overwrite: true);
        return new AddressFile(path);
    }

    /// <summary>The file of the node whose arena lies at a path.</summary>
    public static string Beside(string arenaPath) => arenaPath + Extension;

    /// <summary>What the node's last process was a rank of MPI by, where it did not stop in order; null when that is not known, or was not so.</summary>
    public static string? LauncherOf(string directory, string cluster, NodeId node) =>
        TryRead(PathOf(directory, cluster, node))?.Split(LineEnd) is [_, var launcher] ? launcher : null;

    /// <summary>The addresses that nodes of a cluster on this machine left, in the order of their numbers.</summary>
    public static IReadOnlyList<NodeAddress> Find(string directory, string cluster)
    {
        if (!Directory.Exists(directory))
            return [];
        var prefix = $"cascade-{cluster}-";
        return
        [
            .. Directory.EnumerateFiles(directory, $"{prefix}*{Extension}")
                .Select(path => (Path: path, Number: Path.GetFileNameWithoutExtension(path)[prefix.Length..]))
                .Where(file => file.Number.Length > 0 && file.Number.All(char.IsAsciiDigit))
                .OrderBy(file => file.Number.Length).ThenBy(file => file.Number, StringComparer.Ordinal)
                .Select(file => TryParse(TryRead(file.Path)?.Split(LineEnd)[0]))
                .OfType<NodeAddress>(),
        ];
    }

    /// <summary>Removes the file.</summary>
    public void Dispose()
    {
        try
        {
            File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The directory is gone or not ours any more: nobody finds the node by it.
        }
    }

    private static string PathOf(string directory, string cluster, NodeId node) => Path.Combine(directory, $"cascade-{cluster}-{node.Value}{Extension}");

    private static string? TryRead(string path)
    {
        try
        {
            using var file = new StreamReader(path);
            var text = new char[LengthMax];
            return new string(text, 0, file.ReadBlock(text));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static NodeAddress? TryParse(string? text)
    {
        try
        {
            return text is null ? null : new NodeAddress(text);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
