using System.Diagnostics;

namespace Cascade.Tiers.Tests.Cold;

/// <summary>A file system mounted for one test, by root. Unmounted at its end, or at that of the process.</summary>
internal sealed class MountedFileSystem : IDisposable
{
    private static int _count;

    private readonly string? _image;
    private int _mounts;

    private MountedFileSystem(string? image, params string[] mount)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, $"mounting takes root (mount {string.Join(' ', mount)})");
        _image = image;
        Path = NewName();
        Directory.CreateDirectory(Path);
        AppDomain.CurrentDomain.ProcessExit += OnExit;
        if (Run("mount", [.. mount, Path]))
        {
            _mounts = 1;
            return;
        }

        Dispose();
        Assert.Skip($"'mount {string.Join(' ', mount)}' is refused here");
    }

    public string Path { get; }

    public static MountedFileSystem Of(string kind, string options) => new(null, "-t", kind, "-o", options, kind);

    /// <summary>A small ext4 in a file, on a loop device that goes with the mount.</summary>
    public static MountedFileSystem SmallExt4(long lengthBytes)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting an ext4 takes root");
        var image = NewName() + ".img";
        using (var file = File.Create(image))
            file.SetLength(lengthBytes);
        if (Run("mkfs.ext4", ["-q", "-O", "^has_journal", "-m", "0", image]))
            return new MountedFileSystem(image, "-o", "loop", image);
        File.Delete(image);
        Assert.Skip("mkfs.ext4 (package e2fsprogs) is not here");
        return null!;
    }

    /// <summary>Takes a view that was laid over it away again.</summary>
    public void Uncover()
    {
        Assert.True(Run("umount", [Path]));
        _mounts = 1;
    }

    public void MakeReadOnly() => Assert.True(Run("mount", ["-o", "remount,ro", Path]));

    /// <summary>Lays a read-only view over it: files that are open for writing would keep it from being made read-only itself.</summary>
    public void CoverReadOnly()
    {
        Assert.True(Run("mount", ["--bind", Path, Path]));
        _mounts = 2;
        Assert.True(Run("mount", ["-o", "remount,bind,ro", Path]));
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        for (; _mounts > 0; _mounts--)
            _ = Run("umount", [Path]) || Run("umount", ["-l", Path]);
        Directory.Delete(Path, recursive: false);
        if (_image is not null)
            File.Delete(_image);
    }

    private static string NewName() =>
        System.IO.Path.Combine("/var/tmp", $"cascade-mount-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");

    private void OnExit(object? sender, EventArgs e) => Dispose();

    private static bool Run(string program, string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
