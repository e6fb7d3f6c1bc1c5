using System.Diagnostics;
using Cascade.Hosting.Doctor.Sources;

namespace Cascade.Hosting.Tests.Doctor;

/// <summary>The sources of the real machine.</summary>
public sealed class SystemFilesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("cascade-doctor-").FullName;
    private readonly SystemFiles _files = new();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Direct_transfer_leaves_nothing()
    {
        Assert.NotEqual(DirectIoResult.Failed, _files.TryDirectIo(_root).Result);
        Assert.Empty(Directory.GetFileSystemEntries(_root));
    }

    [Fact]
    public void Direct_transfer_in_no_directory_fails_in_words()
    {
        var (result, reason) = _files.TryDirectIo(Path.Combine(_root, "none"));
        Assert.Equal(DirectIoResult.Failed, result);
        Assert.Contains("none", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_are_followed_and_what_is_missing_stays_as_it_is()
    {
        var real = Directory.CreateDirectory(Path.Combine(_root, "real")).FullName;
        File.CreateSymbolicLink(Path.Combine(_root, "link"), "real");
        File.CreateSymbolicLink(Path.Combine(_root, "again"), Path.Combine(_root, "link"));
        Assert.Equal(Path.Combine(real, "a", "b"), _files.RealPathOf(Path.Combine(_root, "again", "a", "b")));
    }

    [Fact]
    public void Texts_are_trimmed_and_none_for_what_cannot_be_read()
    {
        File.WriteAllText(Path.Combine(_root, "text"), " a b \n");
        Assert.Equal("a b", _files.ReadText(Path.Combine(_root, "text")));
        Assert.Null(_files.ReadText(Path.Combine(_root, "none")));
        Assert.Null(_files.ReadText(_root));
    }

    [Fact]
    public void Bytes_are_those_of_the_files_that_fit()
    {
        File.WriteAllText(Path.Combine(_root, "agg_rank000_000001.bin"), "12345");
        File.WriteAllText(Path.Combine(_root, "agg_rank000_000002.bin"), "123");
        File.WriteAllText(Path.Combine(_root, "agg_rank001_000001.bin"), "1");
        Assert.Equal(8, _files.BytesOf(_root, "agg_rank000_*.bin"));
    }

    [Fact]
    public void Room_is_that_of_the_file_system()
    {
        var space = _files.SpaceOf(_root);
        Assert.InRange(space.FreeBytes, 0, space.TotalBytes);
    }

    [Fact]
    public void Kernel_files_of_this_machine_are_understood()
    {
        Assert.NotNull(MountTable.Read(_files).Of(_root));
        Assert.NotNull(ProcessLimit.Read(_files, "Max open files"));
        Assert.InRange(MemoryInfo.Read(_files).Value("MemTotal") ?? 0, 1, long.MaxValue);
        _ = SystemClock.Read();
    }

    [Fact]
    public void Program_is_run_with_its_output_and_code()
    {
        var programs = new Programs();
        Assert.Equal(new ProgramOutcome(3, "out", "err"), programs.Run("/bin/sh", "-c", "echo out; echo err >&2; exit 3"));
        Assert.Null(programs.Run(Path.Combine(_root, "none")).ExitCode);
        Assert.NotNull(programs.Find("sh"));
        Assert.Null(programs.Find("no-such-program"));
    }

    [Fact]
    public void Program_that_does_not_end_is_killed()
    {
        var pid = Path.Combine(_root, "pid");
        var outcome = new Programs().Run("/bin/sh", "-c", $"echo $$ > {pid}; exec sleep 100");
        Assert.Equal(new ProgramOutcome(null, "", "killed after 2 s"), outcome);
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(int.Parse(File.ReadAllText(pid), System.Globalization.CultureInfo.InvariantCulture)));
    }
}
