namespace Cascade.EndToEnd;

/// <summary>A small file system of its own in a folder of its own.</summary>
internal sealed class Tmpfs : IDisposable
{
    public Tmpfs(string options)
    {
        Path = Directory.CreateTempSubdirectory("cascade-tmpfs-").FullName;
        try
        {
            Shell.Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", Path);
        }
        catch
        {
            Directory.Delete(Path);
            throw;
        }
    }

    public string Path { get; }

    public void Dispose()
    {
        Shell.Run("umount", Path);
        Directory.Delete(Path);
    }
}
