using Cascade.Core.Cold;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Log;
using Cascade.Tiers.Cold;
using Cascade.Tiers.Payload;

namespace Cascade.Tiers.Tests.Cold;

/// <summary>Records of another rank, read out of a directory that is shared.</summary>
public sealed class SharedRecordsTests
{
    private static readonly TimeSpan Ample = TimeSpan.FromMinutes(1);
    private static readonly NodeId Writer = new(3);

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(70_001)]
    [InlineData((4 << 20) + 5)]
    public async Task Record_of_another_rank_is_read_past_the_page_cache(int length)
    {
        using var box = new ColdSandbox();
        var written = WriteTwo(box, length);
        using var records = Open(box);
        using var memory = new AlignedMemory(Pages.Padded(length));
        Assert.Equal(DeviceFault.None, await records.ReadAsync(Writer, LeaseOf(written), memory.Address, memory, Ample));
        Assert.True(IsBlock(memory, written));
        Assert.Equal(0, PageCacheResidency.BytesOf(box.PathOf(1)));
    }

    [Fact]
    public async Task Bytes_that_are_not_the_blocks_are_told_from_it()
    {
        using var box = new ColdSandbox();
        var written = WriteTwo(box, 50_000);
        box.Flip(1, written.Place.OffsetBytes + 4096 + 49_999);
        Assert.Equal(DeviceStatus.DigestMismatch, await ReadAsync(box, LeaseOf(written)));
    }

    [Fact]
    public async Task Place_that_is_none_is_an_error_and_ends_nothing_else()
    {
        using var box = new ColdSandbox();
        var written = LeaseOf(WriteTwo(box, 50_000));
        Assert.Equal(DeviceStatus.Gone, await ReadAsync(box, written with { File = 2 }));
        Assert.Equal(DeviceStatus.Gone, await ReadAsync(box, written with { OffsetBytes = 1 << 30 }));
        Assert.Equal(DeviceStatus.IoError, await ReadAsync(box, written with { OffsetBytes = 1 }));
        Assert.Equal(DeviceStatus.DigestMismatch, await ReadAsync(box, written with { OffsetBytes = 0 }));
        Assert.Equal(DeviceStatus.Gone, await ReadAsync(box, written, rank: 4));
        Assert.Equal(DeviceStatus.IoError, await ReadAsync(box, written, rank: uint.MaxValue));
        Assert.Equal(DeviceStatus.Ok, await ReadAsync(box, written));
    }

    [Fact]
    public async Task Read_whose_time_is_over_or_that_comes_after_the_end_is_not_begun()
    {
        using var box = new ColdSandbox();
        var written = LeaseOf(WriteTwo(box, 50_000));
        using var memory = new AlignedMemory(1 << 16);
        using var records = Open(box);
        Assert.Contains("in time", (await records.ReadAsync(Writer, written, memory.Address, memory, TimeSpan.Zero)).Reason, StringComparison.Ordinal);
        records.Dispose();
        Assert.Contains("stops", (await records.ReadAsync(Writer, written, memory.Address, memory, Ample)).Reason, StringComparison.Ordinal);
        Assert.True(memory.Span(0, 1 << 16).IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void Directory_has_one_name_whoever_asks_first()
    {
        var (one, other) = (TemporaryFolder.Create(), TemporaryFolder.Create());
        try
        {
            var names = new string[8];
            Parallel.For(0, names.Length, n => names[n] = SharedDirectory.IdOf(one));
            Assert.Equal(names[0], Assert.Single(names.Distinct()));
            Assert.NotEqual(names[0], SharedDirectory.IdOf(other));
            Assert.Equal(names[0], SharedDirectory.IdOf(one));
            Assert.Equal([SharedDirectory.IdFile], Directory.GetFiles(one).Select(Path.GetFileName));
        }
        finally
        {
            Directory.Delete(one, recursive: true);
            Directory.Delete(other, recursive: true);
        }
    }

    [Fact]
    public void Name_that_is_none_is_refused_with_what_to_do()
    {
        var folder = TemporaryFolder.Create();
        try
        {
            File.WriteAllText(Path.Combine(folder, SharedDirectory.IdFile), "torn");
            Assert.Contains("remove it", Assert.Throws<ColdRefusedException>(() => SharedDirectory.IdOf(folder)).Message, StringComparison.Ordinal);
            Assert.Contains(
                "cascade.tiers.cold.shared", Assert.Throws<ColdRefusedException>(() => SharedDirectory.IdOf(Path.Combine(folder, "gone"))).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<DeviceStatus> ReadAsync(ColdSandbox box, RecordLeased record, uint rank = 3)
    {
        using var records = Open(box);
        using var memory = new AlignedMemory(Pages.Padded(record.LengthBytes));
        return (await records.ReadAsync(new NodeId(rank), record, memory.Address, memory, Ample)).Status;
    }

    private static SharedRecords Open(ColdSandbox box) => new(box.Folder, DigestAlgorithm.Blake3, threads: 2, TimeProvider.System);

    private static RecordLeased LeaseOf(in LogRecordHeader written) =>
        new(written.Id, written.Place.File, written.Place.OffsetBytes, written.PayloadBytes, 1, Ample);

    private static unsafe bool IsBlock(AlignedMemory memory, in LogRecordHeader written) =>
        BlockVerifier.Matches(DigestAlgorithm.Blake3, (byte*)memory.Address, written.PayloadBytes, written.Id);

    /// <summary>Writes two records of one file; gives the second.</summary>
    private static LogRecordHeader WriteTwo(ColdSandbox box, int length)
    {
        box.CreateFile(1);
        var offset = 0L;
        box.Put(1, length, 1, ref offset);
        return box.Put(2, length, 1, ref offset);
    }
}
