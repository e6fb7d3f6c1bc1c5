using Cascade.Core.Cold;
using Cascade.Core.Log;
using Cascade.Tiers.Cold;
using Cascade.Tiers.Tests.Shm;

namespace Cascade.Tiers.Tests.Cold;

public sealed class FileTests
{
    [Fact]
    public void File_is_made_once_and_listed_by_its_number()
    {
        using var box = new ColdSandbox();
        box.CreateFile(2);
        box.CreateFile(1_000_000);
        Assert.Equal(DeviceStatus.IoError, box.StatusOf(n => new CreateFile(n, 2, 0)));
        var offset = 0L;
        box.Put(1, 5000, 2, ref offset);
        foreach (var foreign in new[] { "agg_rank004_000001.bin", "agg_rank003_1.bin", "agg_rank003_000000.bin", "agg_rank003_x.bin", "notes.txt" })
            File.WriteAllText(Path.Combine(box.Folder, foreign), "x");
        Assert.Equal("agg_rank003_000002.bin", Path.GetFileName(box.PathOf(2)));
        Assert.True(File.Exists(Path.Combine(box.Folder, "agg_rank003_1000000.bin")));
        var listed = (FilesListed)box.Do(n => new ListFiles(n));
        Assert.Equal([new DeviceFile(2, 12288), new DeviceFile(1_000_000, 0)], listed.Files.OrderBy(f => f.File));
    }

    [Fact]
    public void Room_set_aside_shows_in_the_length_and_holds_no_records()
    {
        using var box = new ColdSandbox(options: new ColdDeviceOptions { Preallocate = true });
        box.CreateFile(1, 4 << 20);
        var offset = 0L;
        var header = box.Put(1, 5000, 1, ref offset);
        Assert.Equal([new DeviceFile(1, 4 << 20)], ((FilesListed)box.Do(n => new ListFiles(n))).Files);
        var read = box.Headers(1);
        Assert.Equal([header], read.Headers);
        Assert.Equal((HeaderRunEnd.EndOfFile, 12288L), (read.End, read.EndBytes));
    }

    [Fact]
    public void Deleted_file_is_gone_and_deleting_it_again_is_well()
    {
        using var box = new ColdSandbox();
        box.CreateFile(1);
        var offset = 0L;
        var header = box.Put(1, 5000, 1, ref offset);
        box.Require(n => new DeleteFile(n, 1));
        Assert.False(File.Exists(box.PathOf(1)));
        Assert.Equal(DeviceStatus.Gone, box.Get(header, 1 << 20));
        Assert.Equal(DeviceStatus.Ok, box.StatusOf(n => new DeleteFile(n, 1)));
    }

    [Fact]
    public void Truncated_file_ends_there()
    {
        using var box = new ColdSandbox();
        box.CreateFile(1);
        var offset = 0L;
        var kept = box.Put(1, 5000, 1, ref offset);
        box.Put(2, 5000, 1, ref offset);
        box.Require(n => new TruncateFile(n, 1, kept.RecordBytes));
        Assert.Equal(kept.RecordBytes, new FileInfo(box.PathOf(1)).Length);
        var run = box.Headers(1);
        Assert.Equal([kept], run.Headers);
        Assert.Equal((HeaderRunEnd.EndOfFile, kept.RecordBytes), (run.End, run.EndBytes));
    }

    [Fact]
    public void Flush_of_a_file_that_somebody_removed_is_no_success()
    {
        using var box = new ColdSandbox();
        box.CreateFile(1);
        var offset = 0L;
        box.Put(1, 5000, 1, ref offset);
        box.Require(n => new Flush(n, 1));
        File.Delete(box.PathOf(1));
        Assert.Equal(DeviceStatus.Gone, box.StatusOf(n => new Flush(n, 1)));
        Assert.Equal(DeviceStatus.Gone, box.StatusOf(n => new Flush(n, 2)));
    }

    [Fact]
    public async Task More_files_than_may_stay_open_are_all_readable()
    {
        using var box = new ColdSandbox(options: new ColdDeviceOptions { Threads = 4, OpenFilesMax = 2 });
        var headers = new List<LogRecordHeader>();
        for (var file = 1u; file <= 12; file++)
        {
            box.CreateFile(file);
            var offset = 0L;
            headers.Add(box.Put((int)file, 9000, file, ref offset));
        }

        for (var round = 0; round < 10; round++)
        {
            Task<DeviceCompletion>[] reads = [.. headers.Select((h, i) => box.Begin(
                n => new ReadPayload(n, h, new PayloadMemory(i * 16384, h.PayloadBytes))))];
            Assert.All(await Task.WhenAll(reads), r => Assert.Equal(DeviceStatus.Ok, r.Status));
        }

        var open = Directory.GetFiles("/proc/self/fd")
            .Count(fd => File.ResolveLinkTarget(fd, false)?.FullName.StartsWith(box.Folder + "/agg_rank003_0", StringComparison.Ordinal) ?? false);
        Assert.InRange(open, 0, 2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData((1 << 20) + 17)]
    public void Checkpoint_is_read_back_as_written_and_replaced_as_a_whole(int length)
    {
        using var box = new ColdSandbox();
        Assert.Equal(DeviceStatus.Gone, box.StatusOf(n => new ReadCheckpoint(n, 1)));
        box.Failures.Clear();
        box.Require(n => new WriteCheckpoint(n, 1, ArenaSandbox.Bytes(1, (2 << 20) + 1)));
        box.Require(n => new WriteCheckpoint(n, 1, ArenaSandbox.Bytes(2, length)));
        Assert.Equal(0, PageCacheResidency.BytesOf(Path.Combine(box.Folder, "index_rank003_1.ckpt")));
        var read = (CheckpointRead)box.Do(n => new ReadCheckpoint(n, 1));
        Assert.Equal(DeviceStatus.Ok, read.Status);
        Assert.True(read.Bytes.Span.SequenceEqual(ArenaSandbox.Bytes(2, length)));
        Assert.Equal(DeviceStatus.Gone, box.StatusOf(n => new ReadCheckpoint(n, 0)));
        Assert.Equal(["agg_rank003.lock", "index_rank003_1.ckpt"], Directory.GetFiles(box.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Draft_of_a_checkpoint_that_a_crash_left_is_no_hindrance()
    {
        using var box = new ColdSandbox();
        File.WriteAllText(Path.Combine(box.Folder, "index_rank003_0.ckpt.new"), "half");
        box.Require(n => new WriteCheckpoint(n, 0, ArenaSandbox.Bytes(2, 100)));
        Assert.True(((CheckpointRead)box.Do(n => new ReadCheckpoint(n, 0))).Bytes.Span.SequenceEqual(ArenaSandbox.Bytes(2, 100)));
    }
}
