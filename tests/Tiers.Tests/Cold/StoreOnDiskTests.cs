using Cascade.Core.Cold;
using Cascade.Core.Log;
using Cascade.Core.Messages;
using Cascade.Tiers.Cold;
using Cascade.Tiers.Tests.Shm;

namespace Cascade.Tiers.Tests.Cold;

/// <summary>That core and device understand each other: put, fetch, reclaim, and what a new life finds on the disk.</summary>
public sealed class StoreOnDiskTests : IDisposable
{
    private static readonly ColdSettings Settings = new()
    {
        FileBytes = 1 << 20,
        CapacityBytes = 64 << 20,
        MaxBlockBytes = 1 << 20,
        HeadersPerRead = 3,
    };

    private readonly string _folder = TemporaryFolder.Create();

    [Fact]
    public void Stored_blocks_are_fetched_and_found_again_by_the_next_life()
    {
        const int Count = 40;
        using (var store = new StoreOnDisk(_folder, Settings))
        {
            for (var i = 0; i < Count; i++)
                Put(store, i);
            for (var i = 0; i < Count; i++)
                AssertFetched(store, i);
            Assert.Equal(ArenaSandbox.Id(3, LengthOf(3)), store.Ask<ColdFetched>(Fetch(3)).Id);
        }

        using var next = new StoreOnDisk(_folder, Settings);
        Assert.Equal((Count, Count), (next.Ready.Blocks, next.Ready.Keys));
        for (var i = 0; i < Count; i++)
            AssertFetched(next, i);
        Assert.Equal(0, next.Report.Figures.DeviceErrors);
        Put(next, Count);
        AssertFetched(next, Count);
    }

    [Fact]
    public void Torn_tail_is_cut_off_and_what_was_flushed_before_is_served()
    {
        string open;
        using (var store = new StoreOnDisk(_folder, Settings))
        {
            for (var i = 0; i < 5; i++)
                Put(store, i);
            open = Directory.GetFiles(_folder, "agg_*.bin").Max()!;
        }

        var last = SegmentReader.Read(_folder).Last().Header;
        var whole = last.Place.OffsetBytes + last.RecordBytes;
        using (var file = File.OpenHandle(open, access: FileAccess.ReadWrite))
            RandomAccess.Write(file, "CSCD-LOG, torn"u8, whole);
        using (var next = new StoreOnDisk(_folder, Settings))
        {
            Assert.Equal((5, 1L), (next.Ready.Blocks, next.Report.Figures.TornTails));
            Assert.Equal(whole, new FileInfo(open).Length);
            for (var i = 0; i < 5; i++)
                AssertFetched(next, i);
        }
    }

    [Fact]
    public void Rotten_block_is_never_fetched()
    {
        using var store = new StoreOnDisk(_folder, Settings);
        Put(store, 1);
        store.Box.Flip(1, LogRecordHeader.SizeBytes + 10);
        store.Ask<NotFound>(Fetch(1));
        Assert.Equal(1, store.Report.Figures.Corrupt);
    }

    [Fact]
    public void Store_that_is_written_over_and_over_stays_within_its_capacity()
    {
        var settings = Settings with { CapacityBytes = 6 << 20 };
        using var store = new StoreOnDisk(_folder, settings);
        for (var i = 0; i < 120; i++)
        {
            Put(store, i);
            Assert.InRange(Directory.GetFiles(_folder, "agg_*.bin").Sum(LengthOf), 0, settings.CapacityBytes);
        }

        Assert.InRange(store.Report.Figures.FilesReclaimed, 5, 1000);
        AssertFetched(store, 119);

        // The device may delete a file while the folder is read.
        static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static int LengthOf(int seed) => 1 + (seed * 40_009 % 300_000);

    private static void Put(StoreOnDisk store, int seed)
    {
        var bytes = ArenaSandbox.Bytes(seed, LengthOf(seed));
        bytes.CopyTo(store.Box.Span(0, bytes.Length));
        var put = new ColdPut(
            ArenaSandbox.Id(bytes), new PayloadMemory(0, bytes.Length), ArenaSandbox.Binding(seed), 1, Durable: true, TimeSpan.FromSeconds(10));
        Assert.Equal(new ColdStored(true), store.Ask<ColdStored>(put));
    }

    private static ColdFetch Fetch(int seed) => new(ArenaSandbox.Key(seed), default, TimeSpan.FromSeconds(10), 0);

    private static void AssertFetched(StoreOnDisk store, int seed)
    {
        store.Box.Span(StoreOnDisk.RoomAt, LengthOf(seed)).Clear();
        var fetched = store.Ask<ColdFetched>(Fetch(seed));
        Assert.Equal(new PayloadMemory(StoreOnDisk.RoomAt, LengthOf(seed)), fetched.Memory);
        Assert.True(store.Box.Span(StoreOnDisk.RoomAt, LengthOf(seed)).SequenceEqual(ArenaSandbox.Bytes(seed, LengthOf(seed))));
    }
}
