using Cascade.Core.Cold;
using Cascade.Tiers.Cold;

namespace Cascade.Tiers.Tests.Cold;

/// <summary>Faults that a real file system brings forth.</summary>
public sealed class RealFaultTests
{
    [Fact]
    public void Full_disk_is_told_and_what_was_written_before_stays_readable()
    {
        using var mounted = MountedFileSystem.SmallExt4(12 << 20);
        using var box = new ColdSandbox(Path.Combine(mounted.Path, "cold"));
        box.CreateFile(1);
        var offset = 0L;
        var first = box.Put(1, (1 << 20) + 1, 1, ref offset);
        var status = DeviceStatus.Ok;
        for (var i = 2; i < 20 && status == DeviceStatus.Ok; i++)
        {
            var next = box.Block(i, 1 << 20, 1, offset);
            status = box.StatusOf(n => new WriteRecord(n, next, new PayloadMemory(0, 1 << 20), default));
            offset += next.RecordBytes;
        }

        Assert.Equal(DeviceStatus.NoSpace, status);
        Assert.Contains("No space left on device", box.Failures.Last(), StringComparison.Ordinal);
        Assert.Equal(DeviceStatus.NoSpace, box.StatusOf(n => new WriteCheckpoint(n, 0, new byte[3 << 20])));
        Assert.Equal(DeviceStatus.Ok, box.Get(first, 2 << 20));
        box.Require(n => new DeleteFile(n, 1));
        box.CreateFile(2);
        offset = 0;
        box.Put(3, 2 << 20, 2, ref offset);
        box.Require(n => new Flush(n, 2));
    }

    [Fact]
    public void File_that_no_room_can_be_set_aside_for_is_not_made()
    {
        using var mounted = MountedFileSystem.SmallExt4(12 << 20);
        using var box = new ColdSandbox(Path.Combine(mounted.Path, "cold"), options: new ColdDeviceOptions { Preallocate = true });
        Assert.Equal(DeviceStatus.NoSpace, box.StatusOf(n => new CreateFile(n, 1, 64 << 20)));
        Assert.False(File.Exists(box.PathOf(1)));
        box.CreateFile(1, 4 << 20);
    }

    [Fact]
    public void File_system_that_turned_read_only_denies_writing_and_still_gives_blocks()
    {
        using var mounted = MountedFileSystem.Of("tmpfs", "size=16m");
        using (var before = new ColdSandbox(mounted.Path))
        {
            before.CreateFile(1);
            var offset = 0L;
            before.Put(1, 5000, 1, ref offset);
        }

        using var box = new ColdSandbox(mounted.Path);
        mounted.CoverReadOnly();
        var header = Assert.Single(box.Headers(1).Headers);
        Assert.Equal(DeviceStatus.Ok, box.Get(header, 1 << 20));
        var next = box.Block(2, 5000, 1, header.RecordBytes);
        Assert.Equal(DeviceStatus.AccessDenied, box.StatusOf(n => new WriteRecord(n, next, new PayloadMemory(0, 5000), default)));
        Assert.Equal(DeviceStatus.AccessDenied, box.StatusOf(n => new CreateFile(n, 2, 0)));
        Assert.Equal(DeviceStatus.AccessDenied, box.StatusOf(n => new DeleteFile(n, 1)));
        Assert.Equal(DeviceStatus.AccessDenied, box.StatusOf(n => new WriteCheckpoint(n, 0, new byte[10])));
    }

    [Fact]
    public void File_system_in_memory_takes_and_gives_blocks()
    {
        using var mounted = MountedFileSystem.Of("tmpfs", "size=16m");
        AssertTakesAndGives(mounted.Path, out _);
    }

    [Fact]
    public void File_system_that_refuses_direct_transfers_takes_and_gives_blocks_and_is_told_of_once()
    {
        using var mounted = MountedFileSystem.Of("ramfs", "mode=700");
        AssertTakesAndGives(mounted.Path, out var told);
        Assert.Contains("refuses O_DIRECT", Assert.Single(told), StringComparison.Ordinal);
    }

    private static void AssertTakesAndGives(string folder, out string[] told)
    {
        using var box = new ColdSandbox(folder);
        for (var file = 1u; file <= 3; file++)
        {
            box.CreateFile(file);
            var offset = 0L;
            var headers = new[] { 1, 4095, 4097, (1 << 20) + 3 }.Select(length => box.Put(length, length, file, ref offset)).ToArray();
            box.Require(n => new Flush(n, file));
            Assert.All(headers, h => Assert.Equal(DeviceStatus.Ok, box.Get(h, 4 << 20)));
            Assert.Equal(headers, box.Headers(file).Headers);
        }

        told = [.. box.Buffered];
    }
}
