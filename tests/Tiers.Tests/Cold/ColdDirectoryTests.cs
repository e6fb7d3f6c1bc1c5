using System.Runtime.Versioning;
using Cascade.Tiers.Cold;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Tests.Cold;

[SupportedOSPlatform("linux")]
public sealed class ColdDirectoryTests : IDisposable
{
    private readonly string _folder = TemporaryFolder.Create();
    private readonly List<string> _warnings = [];

    [Fact]
    public void Missing_directory_is_made_for_this_user_alone()
    {
        var path = Path.Combine(_folder, "a", "b");
        using var directory = Open(path);
        Assert.Equal(path, directory.Path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        Assert.Empty(_warnings);
    }

    [Fact]
    public void Second_writer_of_a_rank_is_refused_and_the_first_one_named()
    {
        var first = Open(_folder);
        var refusal = Assert.Throws<ColdRefusedException>(() => Open(_folder));
        Assert.Equal(
            $"The cold directory {_folder} is in use for rank 3 by process {Environment.ProcessId} on {Environment.MachineName}: stop that first, "
            + "or give this node another rank or directory.",
            refusal.Message);
        using (Open(_folder, rank: 4))
            first.Dispose();
        first.Dispose();
        Open(_folder).Dispose();
    }

    [Fact]
    public void File_in_the_directorys_place_is_refused()
    {
        var path = Path.Combine(_folder, "file");
        File.WriteAllText(path, "");
        Assert.Contains("it is no directory", Assert.Throws<ColdRefusedException>(() => Open(path)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be made", Assert.Throws<ColdRefusedException>(() => Open(Path.Combine(path, "below"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Directory_that_may_not_be_written_to_is_refused()
    {
        using var mounted = MountedFileSystem.Of("tmpfs", "size=1m");
        Directory.CreateDirectory(Path.Combine(mounted.Path, "cold"));
        mounted.MakeReadOnly();
        var refusal = Assert.Throws<ColdRefusedException>(() => Open(Path.Combine(mounted.Path, "cold")));
        Assert.Contains("cannot be written to: give this user the right to", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be made", Assert.Throws<ColdRefusedException>(() => Open(Path.Combine(mounted.Path, "new"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 4 << 20)]
    [InlineData(2001, 4 << 20)]
    [InlineData(16, 0)]
    [InlineData(16, 65537)]
    public void Striping_out_of_range_is_refused(int count, long sizeBytes)
    {
        var options = new ColdDirectoryOptions { DirectoryPath = _folder, Rank = 3, StripeCount = count, StripeSizeBytes = sizeBytes };
        Assert.ThrowsAny<ArgumentException>(() => ColdDirectory.Open(options));
    }

    [Fact]
    public void Directory_in_memory_is_taken_with_a_warning()
    {
        using var directory = Open(_folder, kind: Libc.TMPFS_MAGIC);
        Assert.Contains("lies in memory", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Kind_of_a_file_system_is_told()
    {
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "there is no /dev/shm");
        Assert.Equal(Libc.TMPFS_MAGIC, FileSystemKind.Of("/dev/shm"));
        Assert.Null(FileSystemKind.Of(Path.Combine(_folder, "missing")));
    }

    [Theory]
    [InlineData(16, 4 << 20, "-c 16 -S 4m")]
    [InlineData(-1, 192 << 10, "-c -1 -S 192k")]
    public void Directory_on_Lustre_is_striped_once(int count, long sizeBytes, string expected)
    {
        var tools = StandInLfs("echo \"$@\" >> \"$0.said\"");
        using (Open(_folder, kind: Libc.LL_SUPER_MAGIC, searchPath: $"relative:{_folder}/none:{tools}", count: count, sizeBytes: sizeBytes))
            Assert.Equal($"setstripe {expected} {_folder}\n", File.ReadAllText(Path.Combine(tools, "lfs.said")));
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData("echo 'no such pool' >&2; exit 22", "ended with code 22 and said 'no such pool'")]
    [InlineData(null, "the program 'lfs' is not on the PATH")]
    public void Directory_on_Lustre_that_cannot_be_striped_is_taken_with_a_warning(string? script, string expected)
    {
        var tools = script is null ? _folder : StandInLfs(script);
        using var directory = Open(_folder, kind: Libc.LL_SUPER_MAGIC, searchPath: tools);
        var warning = Assert.Single(_warnings);
        Assert.Contains(expected, warning, StringComparison.Ordinal);
        Assert.Contains($"Run 'lfs setstripe -c 16 -S 4m {_folder}' by hand", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Program_lfs_that_cannot_be_run_is_a_warning()
    {
        File.WriteAllText(Path.Combine(_folder, "lfs"), "not a program");
        using var directory = Open(_folder, kind: Libc.LL_SUPER_MAGIC, searchPath: _folder);
        Assert.Contains("cannot be run", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_file_system_is_not_striped()
    {
        var tools = StandInLfs("touch \"$0.said\"");
        using var directory = Open(_folder, searchPath: tools);
        Assert.False(File.Exists(Path.Combine(tools, "lfs.said")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private ColdDirectory Open(
        string path, int rank = 3, long? kind = null, string searchPath = "", int count = 16, long sizeBytes = 4 << 20) => ColdDirectory.Open(
            new ColdDirectoryOptions { DirectoryPath = path, Rank = rank, StripeCount = count, StripeSizeBytes = sizeBytes },
            _warnings.Add,
            _ => kind,
            searchPath);

    /// <summary>Puts a script in the place of Lustre's program.</summary>
    private string StandInLfs(string body)
    {
        var tools = Path.Combine(_folder, "tools");
        Directory.CreateDirectory(tools);
        var path = Path.Combine(tools, "lfs");
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return tools;
    }
}
