using System.Diagnostics;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Tiers.Shm;
using static Cascade.Tiers.Tests.Shm.ArenaSandbox;

namespace Cascade.Tiers.Tests.Shm;

public sealed class ArenaFileTests
{
    [Fact]
    public void Arena_held_by_a_live_process_is_refused_and_named()
    {
        using var box = new ArenaSandbox();
        box.Put(1);
        var refusal = Assert.Throws<ArenaRefusedException>(() => ShmArena.Open(box.Options, box.Time));
        Assert.Contains($"held by process {Environment.ProcessId}", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<ArenaRefusedException>(() => ShmArena.Open(box.Options with { Reset = true }, box.Time));
        Assert.True(box.Serves(Key(1), 1));
        Assert.True(File.Exists(box.FilePath));
    }

    [Fact]
    public void Arena_made_for_another_setup_is_refused_and_kept()
    {
        using var box = new ArenaSandbox();
        box.Put(1);
        box.Arena.Dispose();
        var path = box.FilePath;
        AssertRefused(box.Options with { CapacityBytes = 4 << 20 }, "its capacity is 8388608 bytes, expected 4194304");
        AssertRefused(box.Options with { SlotCount = 65 }, "it has 64 slots, expected 65");
        AssertRefused(box.Options with { DigestAlgorithm = DigestAlgorithm.Sha256 }, "its blocks are named by Blake3, expected Sha256");
        var otherCluster = box.Options with { ClusterName = "tess" };
        File.Copy(path, otherCluster.FilePath);
        AssertRefused(otherCluster, "it belongs to cluster 'test', expected 'tess'");
        var otherNode = box.Options with { Node = new NodeId(4) };
        File.Copy(path, otherNode.FilePath);
        AssertRefused(otherNode, "it belongs to node3, expected node4");
        Assert.Equal(1, box.Open().Report.Blocks);
    }

    [Fact]
    public void Header_with_any_byte_flipped_is_refused()
    {
        using var box = new ArenaSandbox();
        box.Arena.Dispose();
        for (var at = 0; at < 256; at++)
        {
            box.Flip(at);
            var refusal = Assert.Throws<ArenaRefusedException>(() => ShmArena.Open(box.Options, box.Time));
            Assert.Contains("--reset", refusal.Message, StringComparison.Ordinal);
            Assert.False(ArenaInspector.Inspect(box.FilePath).Sound);
            box.Flip(at);
        }

        box.Open();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(5000)]
    [InlineData(2 << 20)]
    [InlineData((10 << 20) - 1)]
    [InlineData((10 << 20) + 1)]
    public void File_of_another_length_is_refused_and_reset_starts_anew(int length)
    {
        using var box = new ArenaSandbox();
        box.Put(1);
        box.Arena.Dispose();
        using (var file = File.OpenWrite(box.FilePath))
        {
            Assert.Equal(10 << 20, file.Length);
            file.SetLength(length);
        }

        AssertRefused(box.Options, "--reset");
        Assert.False(ArenaInspector.Inspect(box.FilePath, verifyPayloads: true).Sound);
        box.Options = box.Options with { Reset = true };
        Assert.True(box.Open().Report.Created);
        Assert.False(box.Readers.Contains(Key(1)));
        box.Options = box.Options with { Reset = false };
        Assert.False(box.Reopen().Created);
    }

    [Fact]
    public void File_whose_creation_was_interrupted_is_made_anew()
    {
        using var box = new ArenaSandbox(open: false);
        var header = ArenaHeader.Create(box.Options, 1);
        File.WriteAllBytes(box.FilePath, System.Runtime.InteropServices.MemoryMarshal.AsBytes(new Span<ArenaHeader>(ref header)));
        Assert.False(ArenaInspector.Inspect(box.FilePath).Sound);
        Assert.True(box.Open().Report.Created);
    }

    [Fact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void Permissions_are_as_set_whatever_the_umask()
    {
        using var box = new ArenaSandbox();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(box.FilePath));
        const UnixFileMode Group = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        box.Options = box.Options with { FileMode = Group };
        box.Reopen();
        Assert.Equal(Group, File.GetUnixFileMode(box.FilePath));
        box.Arena.Dispose();
        File.Delete(box.FilePath);
        box.Open();
        Assert.Equal(Group, File.GetUnixFileMode(box.FilePath));
    }

    [Fact]
    public void Symbolic_link_is_refused()
    {
        using var box = new ArenaSandbox(open: false);
        File.WriteAllText(Path.Combine(box.Folder, "target"), "precious");
        File.CreateSymbolicLink(box.FilePath, Path.Combine(box.Folder, "target"));
        AssertRefused(box.Options with { Reset = true }, "symbolic link");
        Assert.Equal("precious", File.ReadAllText(Path.Combine(box.Folder, "target")));
    }

    [Fact]
    public void Sparse_copy_gets_memory_behind_it_before_it_is_served()
    {
        using var box = new ArenaSandbox();
        box.Put(1);
        box.Arena.Dispose();
        RunTool("cp", "--sparse=always", box.FilePath, box.FilePath + ".copy");
        File.Move(box.FilePath + ".copy", box.FilePath, overwrite: true);
        Assert.True(AllocatedBytes(box.FilePath) < 1 << 20);
        box.Open();
        Assert.Equal(10 << 20, AllocatedBytes(box.FilePath));
        Assert.True(box.Serves(Key(1), 1));
    }

    [Fact]
    public void Directory_that_is_not_there_is_refused()
    {
        using var box = new ArenaSandbox(open: false);
        AssertRefused(box.Options with { Directory = Path.Combine(box.Folder, "absent") }, "cannot be created");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a b")]
    public void Cluster_name_that_is_no_file_name_is_refused(string name)
    {
        using var box = new ArenaSandbox(open: false);
        Assert.Throws<ArgumentException>(() => ShmArena.Open(box.Options with { ClusterName = name }, box.Time));
    }

    [Fact]
    public void Arena_larger_than_the_memory_is_refused_and_leaves_no_file()
    {
        using var box = new ArenaSandbox(open: false);
        AssertRefused(box.Options with { CapacityBytes = 8L << 40 }, "Make the arena smaller");
        Assert.Empty(Directory.GetFileSystemEntries(box.Folder));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Small_tmpfs_is_refused_with_numbers_and_leaves_no_file(bool prefault)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting a tmpfs takes root");
        using var box = new ArenaSandbox(open: false);
        var mount = Path.Combine(box.Folder, "small");
        Directory.CreateDirectory(mount);
        RunTool("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", mount);
        try
        {
            var options = box.Options with { Directory = mount, Prefault = prefault };
            var refusal = AssertRefused(options, "Make the arena smaller");
            Assert.Contains("10485760 bytes", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("(8388608 bytes) free of 8 MiB", refusal.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(mount));
            AssertPrefaultFails(mount);
            using var fits = ShmArena.Open(options with { CapacityBytes = 2 << 20 }, box.Time);
            Assert.True(fits.Report.Created);
            Assert.Equal(4 << 20, AllocatedBytes(options.FilePath));
        }
        finally
        {
            RunTool("umount", "-l", mount);
        }
    }

    [Fact]
    public void Progress_reaches_the_whole_file()
    {
        var reports = new List<(long Done, long Total)>();
        using var box = new ArenaSandbox(open: false);
        box.Hooks = new ShmArenaHooks { Progress = new Recorder(reports) };
        box.Options = box.Options with { HugePages = true, PrefaultThreads = 1 };
        box.Open();
        Assert.Equal((10 << 20, 10 << 20), reports[^1]);
    }

    /// <summary>Someone else may take the room between the check and the page faults: still an error, not a signal.</summary>
    private static void AssertPrefaultFails(string mount)
    {
        var path = Path.Combine(mount, "filler");
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite))
        {
            RandomAccess.SetLength(file, 16 << 20);
            using var mapping = Native.MappingHandle.Map(file, 16 << 20, path);
            var failure = Assert.Throws<IOException>(() => ArenaPrefault.TryPopulate(mapping.Address, 16 << 20, 2, path, null));
            Assert.Equal(Native.Errno.ENOSPC, failure.HResult);
            Assert.Throws<IOException>(() => ArenaPrefault.Allocate(file, path, 16 << 20, null));
        }

        File.Delete(path);
    }

    private static ArenaRefusedException AssertRefused(ShmArenaOptions options, string words)
    {
        var refusal = Assert.Throws<ArenaRefusedException>(() => ShmArena.Open(options, TimeProvider.System));
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
        return refusal;
    }

    private static long AllocatedBytes(string path) =>
        512 * long.Parse(RunTool("stat", "-c", "%b", path), System.Globalization.CultureInfo.InvariantCulture);

    private static string RunTool(string name, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private sealed class Recorder(List<(long Done, long Total)> reports) : IProgress<(long DoneBytes, long TotalBytes)>
    {
        public void Report((long DoneBytes, long TotalBytes) value) => reports.Add(value);
    }
}
