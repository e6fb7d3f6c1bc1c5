using Cascade.Core.Cold;
using Cascade.Core.Log;
using Cascade.Core.Messages;
using static Cascade.Core.Tests.Cold.ColdNames;

namespace Cascade.Core.Tests.Cold;

/// <summary>Records that nodes with the same directory read from the files themselves.</summary>
public sealed class ColdLeaseTests
{
    private const int Page = LogRecordHeader.SizeBytes;

    private static readonly ColdSettings Plain = ColdHarness.Small with { CheckpointEveryBytes = long.MaxValue, GroupDelay = TimeSpan.Zero };

    [Fact]
    public void Lease_tells_where_the_record_lies()
    {
        var store = Ready(Plain);
        store.Outcome(store.Put(1, 1, 1, pages: 2));
        store.Outcome(store.Put(2, 2, 1, pages: 3));
        Assert.Equal(new RecordLeased(Id(2), 1, 3 * Page, (3 * Page) - 7, 1, TimeSpan.FromSeconds(5)), Lease(store, 2, 5));
        Assert.Equal((1, Id(2)), (store.Core.LeasedRecords, store.Device.Files[1][3].Header!.Value.Id));
    }

    [Fact]
    public void File_with_a_leased_record_is_deleted_once_the_lease_is_released()
    {
        var store = Emptied(out var leased);
        store.Settle(5);
        Assert.Contains(1u, store.Device.Files.Keys);
        store.Send(new Asked("release"), new ReleaseRecord(Id(1), leased.Lease));
        store.Settle(5);
        Assert.DoesNotContain(1u, store.Device.Files.Keys);
    }

    [Fact]
    public void File_with_a_leased_record_is_deleted_once_the_lease_has_ended()
    {
        var store = Emptied(out _);
        store.Now += TimeSpan.FromSeconds(29);
        store.Settle(1);
        Assert.Contains(1u, store.Device.Files.Keys);
        store.Now += TimeSpan.FromSeconds(30);
        store.Settle(5);
        Assert.DoesNotContain(1u, store.Device.Files.Keys);
    }

    [Fact]
    public void Release_of_another_block_or_twice_ends_nothing_else()
    {
        var store = Emptied(out var leased);
        store.Send(new Asked("release"), new ReleaseRecord(Id(2), leased.Lease));
        store.Send(new Asked("release"), new ReleaseRecord(Id(1), leased.Lease + 1));
        Assert.Equal(1, store.Core.LeasedRecords);
        store.Send(new Asked("release"), new ReleaseRecord(Id(1), leased.Lease));
        store.Send(new Asked("release"), new ReleaseRecord(Id(1), leased.Lease));
        Assert.Equal(0, store.Core.LeasedRecords);
        store.Settle(5);
        Assert.DoesNotContain(1u, store.Device.Files.Keys);
    }

    [Fact]
    public void Lease_is_no_longer_than_the_longest()
    {
        var store = Ready(Plain with { RecordLeaseMax = TimeSpan.FromSeconds(2) });
        store.Outcome(store.Put(1, 1, 1));
        Assert.Equal(TimeSpan.FromSeconds(2), Assert.IsType<RecordLeased>(Lease(store, 1, 60)).LeaseFor);
        store.Now += TimeSpan.FromSeconds(2);
        store.Tick();
        Assert.Equal(0, store.Core.LeasedRecords);
    }

    [Fact]
    public void Record_that_cannot_be_read_is_not_leased()
    {
        var store = Ready(Plain with { RecordLeasesMax = 1 });
        Assert.IsType<NotFound>(Lease(store, 1));
        store.Put(1, 1, 1);
        Assert.True(store.CompleteFirst("CreateFile"));
        Assert.IsType<Busy>(Lease(store, 1));
        store.Settle(2);
        Assert.IsType<Refused>(Lease(store, 1, seconds: 0));
        var first = Assert.IsType<RecordLeased>(Lease(store, 1));
        Assert.IsType<Busy>(Lease(store, 1));
        store.Send(new Asked("release"), new ReleaseRecord(Id(1), first.Lease));
        Assert.IsType<RecordLeased>(Lease(store, 1));
        store.Outcome(store.Unbind(1, 2));
        Assert.IsType<NotFound>(Lease(store, 1));
    }

    [Fact]
    public void Store_that_is_not_ready_leases_nothing()
    {
        var store = new ColdHarness(1, Plain);
        store.Start();
        Assert.IsType<Busy>(Lease(store, 1));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void Leased_records_stay_as_they_are_while_files_come_and_go(int seed)
    {
        var store = new ColdHarness(seed, Plain with { CapacityBytes = 6 * 16 * Page, RecordLeaseMax = TimeSpan.FromSeconds(20) });
        store.Recover();
        var leases = new List<(RecordLeased Leased, TimeSpan Until)>();
        for (var step = 0; step < 3000; step++)
        {
            var n = store.Random.Next(1, 25);
            switch (store.Random.Next(8))
            {
                case 0: store.Put(n, n, step + 1, pages: store.Random.Next(1, 5), durable: false); break;
                case 1: store.Unbind(n, step + 1, durable: false); break;
                case 2 when leases.Count < 8 && Lease(store, n) is RecordLeased leased: leases.Add((leased, store.Now + leased.LeaseFor)); break;
                case 3 when leases.Count > 0:
                    var at = store.Random.Next(leases.Count);
                    store.Send(new Asked("release"), new ReleaseRecord(leases[at].Leased.Id, leases[at].Leased.Lease));
                    leases.RemoveAt(at);
                    break;
                default: store.Settle(1); break;
            }

            leases.RemoveAll(lease => lease.Until <= store.Now);
            foreach (var (leased, _) in leases)
                AssertThere(store, leased);
        }

        Assert.True(store.Core.Report.Figures.FilesReclaimed > 20, $"{store.Core.Report.Figures.FilesReclaimed} files were reclaimed");
        store.Now += TimeSpan.FromSeconds(20);
        store.Settle(1);
        Assert.Equal(0, store.Core.LeasedRecords);
    }

    private static void AssertThere(ColdHarness store, RecordLeased leased)
    {
        Assert.True(store.Device.Files.TryGetValue(leased.File, out var file), $"file {leased.File} is gone");
        var page = (int)(leased.OffsetBytes / Page);
        Assert.Equal((leased.Id, leased.LengthBytes), (file[page].Header!.Value.Id, file[page].Header!.Value.PayloadBytes));
        for (var n = 1; n * Page < leased.LengthBytes + Page; n++)
            Assert.Equal(new DiskPage(null, leased.Id, n, false), file[page + n]);
    }

    /// <summary>A store whose first file holds nothing any more but a record that is leased for 30 s.</summary>
    private static ColdHarness Emptied(out RecordLeased leased)
    {
        var store = Ready(Plain);
        for (var n = 1; n <= 9; n++)
            store.Outcome(store.Put(n, n, 1));
        leased = Assert.IsType<RecordLeased>(Lease(store, 1, 30));
        for (var n = 1; n <= 8; n++)
        {
            store.Unbind(n, 2);
            store.Drop(n);
        }

        return store;
    }

    private static object Lease(ColdHarness store, int block, double seconds = 30) =>
        Assert.Single(store.Send(new Asked($"lease {block}"), new LeaseRecord(Id(block), TimeSpan.FromSeconds(seconds))).Answers);

    private static ColdHarness Ready(ColdSettings settings)
    {
        var store = new ColdHarness(1, settings);
        store.Recover();
        return store;
    }
}
