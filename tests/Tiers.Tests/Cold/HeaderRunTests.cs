using System.Buffers.Binary;
using Cascade.Core.Cold;
using Cascade.Core.Log;

namespace Cascade.Tiers.Tests.Cold;

public sealed class HeaderRunTests
{
    [Fact]
    public void Run_hops_over_payloads_of_all_lengths_to_the_end()
    {
        using var box = new ColdSandbox();
        var (written, end) = Write(box, 1, 5000, 4096, 1 << 20, 70_000, 3, (2 << 20) + 1, 4097);
        var run = box.Headers(1);
        Assert.Equal(DeviceStatus.Ok, run.Status);
        Assert.Equal(written, run.Headers);
        Assert.Equal((HeaderRunEnd.EndOfFile, end), (run.End, run.EndBytes));
    }

    [Fact]
    public void Run_takes_up_where_a_full_one_ended()
    {
        using var box = new ColdSandbox();
        var (written, end) = Write(box, 1, 5000, 4096, 1 << 20, 70_000);
        var first = box.Headers(1, max: 3);
        Assert.Equal(written[..3], first.Headers);
        Assert.Equal((HeaderRunEnd.Full, written[3].Place.OffsetBytes), (first.End, first.EndBytes));
        var second = box.Headers(1, first.EndBytes, max: 3);
        Assert.Equal(written[3..], second.Headers);
        Assert.Equal((HeaderRunEnd.EndOfFile, end), (second.End, second.EndBytes));
    }

    [Fact]
    public void Many_small_records_are_all_found()
    {
        using var box = new ColdSandbox();
        var (written, _) = Write(box, [.. Enumerable.Range(0, 700).Select(i => 1 + (i * 37 % 9000))]);
        Assert.Equal(written, box.Headers(1, max: 1000).Headers);
    }

    [Fact]
    public void Run_ends_at_zeros_and_at_nothing()
    {
        using var box = new ColdSandbox();
        var (written, end) = Write(box, 5000);
        SetLength(box, end + (1 << 20));
        var run = box.Headers(1);
        Assert.Equal(written, run.Headers);
        Assert.Equal((HeaderRunEnd.EndOfFile, end), (run.End, run.EndBytes));
        SetLength(box, end + 100);
        Assert.Equal((HeaderRunEnd.EndOfFile, end), (box.Headers(1).End, box.Headers(1).EndBytes));
        Assert.Equal((DeviceStatus.Ok, HeaderRunEnd.EndOfFile), (box.Headers(1, 1 << 30).Status, box.Headers(1, 1 << 30).End));
        box.CreateFile(2);
        Assert.Equal((HeaderRunEnd.EndOfFile, 0), (box.Headers(2).End, box.Headers(2).EndBytes));
        Assert.Equal(DeviceStatus.Gone, box.Headers(3).Status);
    }

    [Fact]
    public void Run_stops_at_a_record_that_is_cut_off()
    {
        using var box = new ColdSandbox();
        var (written, end) = Write(box, 5000, 9000);
        foreach (var cut in new[] { 1, 4096, 8000, (int)written[1].RecordBytes - 1 })
        {
            SetLength(box, end - cut);
            var run = box.Headers(1);
            Assert.Equal(written[..1], run.Headers);
            Assert.Equal((HeaderRunEnd.Damaged, written[1].Place.OffsetBytes), (run.End, run.EndBytes));
        }
    }

    [Fact]
    public void Run_stops_at_a_damaged_header_and_finds_the_next_one_when_told_to()
    {
        using var box = new ColdSandbox();
        var (written, end) = Write(box, 5000, 3 << 20, 70_000, 8);
        var at = written[1].Place.OffsetBytes;
        box.Flip(1, at + 40);
        var stopped = box.Headers(1);
        Assert.Equal(written[..1], stopped.Headers);
        Assert.Equal((HeaderRunEnd.Damaged, at), (stopped.End, stopped.EndBytes));
        var found = box.Headers(1, at + 4096, resynchronise: true);
        Assert.Equal(written[2..], found.Headers);
        Assert.Equal((HeaderRunEnd.EndOfFile, end), (found.End, found.EndBytes));
        var none = box.Headers(1, written[3].Place.OffsetBytes + 4096, resynchronise: true);
        Assert.Equal((0, HeaderRunEnd.EndOfFile, end), (none.Headers.Count, none.End, none.EndBytes));
    }

    [Fact]
    public void Header_of_another_place_is_none()
    {
        using var box = new ColdSandbox();
        var (written, _) = Write(box, 5000);
        File.Copy(box.PathOf(1), box.PathOf(2));
        Assert.Equal((HeaderRunEnd.Damaged, 0), (box.Headers(2).End, box.Headers(2).EndBytes));

        // A record within a record's payload: somebody put a log file into the cache.
        box.CreateFile(3);
        var image = File.ReadAllBytes(box.PathOf(1));
        image.CopyTo(box.Span(0, image.Length));
        var wrapped = box.Block(2, image.Length, 3, 0, memoryAt: 1 << 20) with { Place = LogPosition.At(3, 0) };
        box.Require(n => new WriteRecord(n, wrapped, new PayloadMemory(0, image.Length), default));
        box.Flip(3, 0);
        var run = box.Headers(3, resynchronise: true);
        Assert.Equal((0, HeaderRunEnd.EndOfFile), (run.Headers.Count, run.End));
    }

    [Fact]
    public void Header_of_a_later_version_is_told_from_a_damaged_one()
    {
        using var box = new ColdSandbox();
        var (written, _) = Write(box, 5000, 6000);
        var at = written[1].Place.OffsetBytes;
        var page = new byte[4096];
        using (var file = File.OpenHandle(box.PathOf(1), access: FileAccess.ReadWrite))
        {
            RandomAccess.Read(file, page, at);
            BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(8), 2);
            BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(12), 0);
            BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(12), Crc32C.Of(page));
            RandomAccess.Write(file, page, at);
        }

        Assert.Equal((HeaderRunEnd.UnknownVersion, at), (box.Headers(1).End, box.Headers(1).EndBytes));
        var found = box.Headers(1, 4096, resynchronise: true);
        Assert.Equal((HeaderRunEnd.UnknownVersion, at), (found.End, found.EndBytes));
    }

    private static (LogRecordHeader[] Written, long EndBytes) Write(ColdSandbox box, params int[] lengths)
    {
        box.CreateFile(1);
        var offset = 0L;
        LogRecordHeader[] written = [.. lengths.Select((length, i) => box.Put(i + 1, length, 1, ref offset))];
        return (written, offset);
    }

    private static void SetLength(ColdSandbox box, long lengthBytes)
    {
        using var file = File.OpenHandle(box.PathOf(1), access: FileAccess.ReadWrite);
        RandomAccess.SetLength(file, lengthBytes);
    }
}
