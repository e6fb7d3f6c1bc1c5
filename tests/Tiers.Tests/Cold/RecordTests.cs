using Cascade.Core.Cold;
using Cascade.Core.Hashing;
using Cascade.Core.Log;
using Cascade.Tiers.Cold;
using Cascade.Tiers.Tests.Shm;

namespace Cascade.Tiers.Tests.Cold;

public sealed class RecordTests
{
    private const int There = 4 << 20;

    [Theory]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData((1 << 20) + 3)]
    [InlineData(2 << 20)]
    public void Record_is_read_back_as_written_and_padded_with_zeros(int length)
    {
        using var box = new ColdSandbox();
        box.CreateFile(1);
        var offset = 8192L;
        var header = box.Put(7, length, 1, ref offset);
        box.Require(n => new Flush(n, 1));

        Assert.Equal(DeviceStatus.Ok, box.Get(header, There));
        Assert.True(box.Span(There, length).SequenceEqual(ArenaSandbox.Bytes(7, length)));
        Assert.All(box.Span(0, There)[length..].ToArray(), b => Assert.Equal(0xFF, b));

        Assert.Equal(0, PageCacheResidency.BytesOf(box.PathOf(1)));
        var file = File.ReadAllBytes(box.PathOf(1));
        Assert.Equal(offset, file.Length);
        Assert.Equal(LogRecordStatus.Ok, LogRecordHeader.TryDecode(file.AsSpan(8192), out var found));
        Assert.Equal(header, found);
        Assert.False(file.AsSpan(0, 8192).ContainsAnyExcept((byte)0));
        Assert.True(file.AsSpan(8192 + 4096, length).SequenceEqual(ArenaSandbox.Bytes(7, length)));
        Assert.False(file.AsSpan(8192 + 4096 + length).ContainsAnyExcept((byte)0));
        Assert.Empty(box.Buffered);
    }

    [Fact]
    public void Record_without_payload_is_one_page()
    {
        using var box = new ColdSandbox();
        box.CreateFile(1);
        var header = new LogRecordHeader(LogRecordKind.Tombstone, default, 0, ArenaSandbox.Binding(4), DigestAlgorithm.Blake3)
        {
            Place = LogPosition.At(1, 0),
        };
        box.Require(n => new WriteRecord(n, header, default, default));
        var run = box.Headers(1);
        Assert.Equal([header], run.Headers);
        Assert.Equal((HeaderRunEnd.EndOfFile, 4096), (run.End, run.EndBytes));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(1 << 20)]
    [InlineData((1 << 20) + 1)]
    [InlineData((2 << 20) - 1)]
    public void Copied_record_is_as_its_source(int length)
    {
        using var box = new ColdSandbox();
        box.CreateFile(1);
        var offset = 4096L;
        var source = box.Put(7, length, 1, ref offset);
        box.CreateFile(2);
        var copy = source with { Place = LogPosition.At(2, 0) };
        box.Require(n => new WriteRecord(n, copy, default, source.Place));
        Assert.Equal(DeviceStatus.Ok, box.Get(copy, There));
        Assert.True(box.Span(There, length).SequenceEqual(ArenaSandbox.Bytes(7, length)));
        var file = File.ReadAllBytes(box.PathOf(2));
        Assert.Equal(copy.RecordBytes, file.Length);
        Assert.False(file.AsSpan(4096 + length).ContainsAnyExcept((byte)0));
        Assert.Equal([copy], box.Headers(2).Headers);
    }

    [Fact]
    public void Copy_from_a_source_that_is_rotten_short_or_missing_says_so()
    {
        using var box = new ColdSandbox();
        box.CreateFile(1);
        box.CreateFile(2);
        var offset = 0L;
        var source = box.Put(7, 3 << 20, 1, ref offset);
        var copy = source with { Place = LogPosition.At(2, 0) };
        box.Flip(1, 4096 + (2 << 20));
        Assert.Equal(DeviceStatus.SourceFailed, box.StatusOf(n => new WriteRecord(n, copy, default, source.Place)));
        Assert.Equal(DeviceStatus.SourceFailed, box.StatusOf(n => new WriteRecord(n, copy, default, LogPosition.At(1, 4096))));
        Assert.Equal(DeviceStatus.SourceFailed, box.StatusOf(n => new WriteRecord(n, copy, default, LogPosition.At(9, 0))));
        box.Flip(1, 4096 + (2 << 20));
        Assert.Equal(DeviceStatus.Ok, box.StatusOf(n => new WriteRecord(n, copy, default, source.Place)));
    }

    /// <summary>One thread, so that its buffers still hold the longer block when the shorter one comes.</summary>
    [Fact]
    public void Padding_shows_nothing_of_an_earlier_block()
    {
        using var box = new ColdSandbox(options: new ColdDeviceOptions { Threads = 1 });
        box.CreateFile(1);
        var offset = 0L;
        var longer = box.Put(1, 4095, 1, ref offset);
        var shorter = box.Put(2, 10, 1, ref offset);
        box.Flip(1, shorter.Place.OffsetBytes + 4096 + 10);
        foreach (var source in new[] { longer, shorter })
        {
            var copy = source with { Place = LogPosition.At(1, offset) };
            box.Require(n => new WriteRecord(n, copy, default, source.Place));
            offset += copy.RecordBytes;
        }

        box.Flip(1, shorter.Place.OffsetBytes + 4096 + 10);
        var file = File.ReadAllBytes(box.PathOf(1));
        Assert.Equal(4 * 8192, file.Length);
        foreach (var (record, length) in new[] { (0, 4095), (1, 10), (2, 4095), (3, 10) })
            Assert.False(file.AsSpan((record * 8192) + 4096, 4096)[length..].ContainsAnyExcept((byte)0), $"Record {record} is padded with bytes.");
    }

    [Fact]
    public void Read_of_changed_bytes_is_a_mismatch()
    {
        using var box = new ColdSandbox();
        box.CreateFile(1);
        var offset = 0L;
        var header = box.Put(7, 5000, 1, ref offset);
        box.Flip(1, 4096 + 4999);
        Assert.Equal(DeviceStatus.DigestMismatch, box.Get(header, There));
        Assert.Contains("are not those of block", Assert.Single(box.Failures), StringComparison.Ordinal);
        box.Flip(1, 4096 + 4999);
        Assert.Equal(DeviceStatus.Ok, box.Get(header, There));
    }

    [Theory]
    [InlineData(1)]
    [InlineData((3 << 20) + 5)]
    public void Verification_reads_all_of_a_payload_and_leaves_the_area_alone(int length)
    {
        using var box = new ColdSandbox(options: new ColdDeviceOptions { VerifyEvery = 1000 });
        box.CreateFile(1);
        var offset = 0L;
        var header = box.Put(7, length, 1, ref offset);
        box.Fill(0, length, 0);
        Assert.Equal(DeviceStatus.Ok, box.StatusOf(n => new VerifyPayload(n, header)));
        Assert.False(box.Span(0, length).ContainsAnyExcept((byte)0));
        box.Flip(1, 4096 + length - 1);
        Assert.Equal(DeviceStatus.DigestMismatch, box.StatusOf(n => new VerifyPayload(n, header)));
        box.Require(n => new TruncateFile(n, 1, header.RecordBytes - 4096));
        Assert.Equal(DeviceStatus.Gone, box.StatusOf(n => new VerifyPayload(n, header)));
        Assert.Equal(DeviceStatus.Gone, box.StatusOf(n => new VerifyPayload(n, header with { Place = LogPosition.At(2, 0) })));
    }

    [Fact]
    public void Padding_is_not_part_of_what_is_checked()
    {
        using var box = new ColdSandbox();
        box.CreateFile(1);
        var offset = 0L;
        var header = box.Put(7, 5000, 1, ref offset);
        box.Flip(1, 4096 + 5000);
        Assert.Equal(DeviceStatus.Ok, box.Get(header, There));
    }

    [Fact]
    public void Sampled_check_looks_at_every_so_many_reads()
    {
        using var box = new ColdSandbox(options: new ColdDeviceOptions { Threads = 1, VerifyEvery = 3 });
        box.CreateFile(1);
        var offset = 0L;
        var header = box.Put(7, 5000, 1, ref offset);
        box.Flip(1, 4096);
        DeviceStatus[] found = [.. Enumerable.Range(0, 6).Select(_ => box.Get(header, There))];
        Assert.Equal(
            [DeviceStatus.Ok, DeviceStatus.Ok, DeviceStatus.DigestMismatch, DeviceStatus.Ok, DeviceStatus.Ok, DeviceStatus.DigestMismatch], found);
    }

    [Fact]
    public void Read_past_the_end_or_of_a_missing_file_is_gone()
    {
        using var box = new ColdSandbox();
        box.CreateFile(1);
        var offset = 0L;
        var header = box.Put(7, 5000, 1, ref offset);
        Assert.Equal(DeviceStatus.Gone, box.Get(header with { Place = LogPosition.At(1, 4096) }, There));
        Assert.Equal(DeviceStatus.Gone, box.Get(header with { Place = LogPosition.At(1, 1 << 20) }, There));
        Assert.Equal(DeviceStatus.Gone, box.Get(header with { Place = LogPosition.At(2, 0) }, There));
        box.Require(n => new TruncateFile(n, 1, 8192));
        Assert.Equal(DeviceStatus.Gone, box.Get(header, There));
    }

    [Theory]
    [InlineData(0, 4999)]
    [InlineData(1, 5000)]
    [InlineData(-4096, 5000)]
    [InlineData((8 << 20) - 4096, 5000)]
    public void Memory_outside_the_area_or_not_of_the_payload_is_refused(long address, long length)
    {
        using var box = new ColdSandbox();
        var header = box.Block(7, 5000, 1, 0);
        var memory = new PayloadMemory(address, length);
        Assert.ThrowsAny<ArgumentException>(() => box.Real.Submit(new WriteRecord(1, header, memory, default)));
        Assert.ThrowsAny<ArgumentException>(() => box.Real.Submit(new ReadPayload(2, header, memory)));
    }
}
