using Cascade.Core.Cold;
using Cascade.Core.Log;
using Cascade.Core.Messages;
using static Cascade.Core.Tests.Cold.ColdNames;

namespace Cascade.Core.Tests.Cold;

public sealed class ColdStoreCoreTests
{
    private const int Page = LogRecordHeader.SizeBytes;

    private static readonly ColdSettings Plain = ColdHarness.Small with { CheckpointEveryBytes = long.MaxValue, GroupDelay = TimeSpan.Zero };

    [Fact]
    public void Two_asks_for_one_block_read_it_once()
    {
        var store = Ready(Plain);
        store.Outcome(store.Put(1, 1, 1));
        var asks = new[] { store.Fetch(1), store.Fetch(1), store.FetchBlock(1) };
        Assert.Single(store.RoomsNeeded);
        store.Settle(1);
        Assert.All(asks, ask => Assert.IsType<ColdFetched>(Assert.Single(ask.Answers)));
        Assert.Equal(1, store.Device.Reads[Id(1)]);
    }

    [Fact]
    public void Head_of_a_prefix_proposes_the_rest_within_its_bound()
    {
        var store = Ready(Plain with { ReadAheadBytesMax = 3 * Page });
        for (var n = 1; n <= 6; n++)
            store.Outcome(store.Put(n, n, 1, parent: n - 1));
        store.Fetch(1, readAhead: 2);
        Assert.Equal([2, 3], store.ToTier.OfType<ReadAheadProposed>().Single().Blocks.Select(b => Number(b.Id)));
        store.ToTier.Clear();
        store.Fetch(2, readAhead: 100);
        Assert.Equal([3, 4, 5], store.ToTier.OfType<ReadAheadProposed>().Single().Blocks.Select(b => Number(b.Id)));
    }

    [Fact]
    public void Put_that_must_wait_is_busy_at_its_deadline_and_gives_its_memory_back()
    {
        var store = Ready(Plain with { WritesInFlightMax = 1 });
        store.Put(1, 1, 1);
        Assert.True(store.CompleteFirst("CreateFile"));
        var early = store.Put(3, 3, 1, timeoutSeconds: 1);
        var late = store.Put(2, 2, 1, timeoutSeconds: 2);
        store.Now += TimeSpan.FromSeconds(1);
        store.Tick();
        Assert.IsType<Busy>(Assert.Single(early.Answers));
        Assert.Empty(late.Answers);
        store.Now += TimeSpan.FromSeconds(1);
        store.Tick();
        Assert.IsType<Busy>(Assert.Single(late.Answers));
        Assert.Equal(1, late.Released);
    }

    [Fact]
    public void Queue_that_is_full_answers_busy_at_once()
    {
        var store = Ready(Plain with { QueueMax = 2 });
        store.Put(1, 1, 1);
        store.Put(2, 2, 1);
        Assert.IsType<Busy>(Assert.Single(store.Put(3, 3, 1).Answers));
        var bytes = Ready(Plain with { QueueBytesMax = 2 * Page });
        bytes.Put(1, 1, 1, pages: 2);
        Assert.IsType<Busy>(Assert.Single(bytes.Put(2, 2, 1).Answers));
    }

    [Fact]
    public void Block_that_is_asked_for_too_seldom_is_not_written_unless_durable()
    {
        var store = Ready(Plain with { AdmitFrequencyMin = 2 });
        var seldom = store.Put(1, 1, 1, durable: false);
        Assert.Same(NotAdmitted.Instance, Assert.Single(seldom.Answers));
        Assert.Equal(1, seldom.Released);
        Assert.Equal(new ColdStored(true), store.Outcome(store.Put(2, 2, 1, durable: true)));
    }

    [Fact]
    public void Failed_write_closes_the_file_at_its_last_good_offset_and_goes_on_in_the_next()
    {
        var store = Ready(Plain);
        store.Outcome(store.Put(1, 1, 1));
        var second = store.Put(2, 2, 1);
        var third = store.Put(3, 3, 1);
        Assert.True(store.CompleteFirst("WriteRecord 3"));
        Assert.True(store.CompleteFirst("WriteRecord 2", DeviceStatus.IoError));
        Assert.Empty(second.Answers);
        Assert.Equal(new ColdStored(true), store.Outcome(second));
        Assert.Equal(new ColdStored(true), store.Outcome(third));
        Assert.Equal(2 * Page, store.Device.Files[1].LengthBytes);
        Assert.Equal((Id(2), Id(3)), (store.Device.Files[2][0].Header!.Value.Id, store.Device.Files[2][2].Header!.Value.Id));
    }

    [Fact]
    public void Failed_flush_acknowledges_nothing_of_its_group_before_it_is_written_anew()
    {
        var store = Ready(Plain);
        var first = store.Put(1, 1, 1);
        Assert.True(store.CompleteFirst("CreateFile"));
        Assert.True(store.CompleteFirst("WriteRecord"));
        Assert.True(store.CompleteFirst("Flush", DeviceStatus.IoError));
        Assert.Empty(first.Answers);
        Assert.Equal(new ColdStored(true), store.Outcome(first));
        Assert.Equal(2u, store.Device.Files.Last(f => f.Value.Pages > 0).Key);
    }

    [Fact]
    public void Full_disk_is_unavailable_with_the_reason_reads_on_and_recovers_when_there_is_space()
    {
        var store = Ready(Plain);
        store.Outcome(store.Put(1, 1, 1, pages: 14));
        store.Outcome(store.Put(5, 5, 1, pages: 3));
        store.Device.Faults = new DeviceFaults { SpaceBytes = 0 };
        var stuck = store.Put(2, 2, 1, timeoutSeconds: 5);
        while (store.Device.Open.Any(request => request is WriteRecord))
            store.StepDevice();
        store.StepDevice();
        var read = store.Fetch(5);
        store.GiveRoom(store.RoomsNeeded[0]);
        while (read.Answers.Count == 0)
            store.StepDevice();
        Assert.IsType<ColdFetched>(Assert.Single(read.Answers));
        var turnedAway = store.Put(3, 3, 1);
        Assert.Contains("NoSpace", Assert.IsType<Unavailable>(Assert.Single(turnedAway.Answers)).Reason, StringComparison.Ordinal);
        store.Settle(20);
        Assert.IsType<Unavailable>(Assert.Single(stuck.Answers));
        Assert.Equal(1, stuck.Released);
        store.Device.Faults = DeviceFaults.None;
        store.Settle(20);
        Assert.Equal(new ColdStored(true), store.Outcome(store.Put(4, 4, 1)));
    }

    [Fact]
    public void Eviction_keeps_what_was_read_or_is_protected_and_gives_up_the_rest()
    {
        var store = Ready(Plain with { CapacityBytes = 6 * 16 * Page, ReinsertShareMax = 1 });
        store.Protected.Ids.Add(Id(2));
        for (var n = 1; n <= 4; n++)
            store.Outcome(store.Put(n, n, 1, pages: 3));
        store.Outcome(store.Fetch(1));
        for (var n = 10; store.Core.Report.Figures.FilesReclaimed == 0; n++)
        {
            store.Outcome(store.Put(n, n, 1, pages: 3));
            store.Settle(2);
        }

        Assert.IsType<ColdFetched>(store.Outcome(store.Fetch(1)));
        Assert.IsType<ColdFetched>(store.Outcome(store.Fetch(2)));
        Assert.IsType<NotFound>(store.Outcome(store.Fetch(3)));
    }

    [Fact]
    public void File_is_not_deleted_under_a_read()
    {
        var store = Ready(Plain);
        for (var n = 1; n <= 9; n++)
            store.Outcome(store.Put(n, n, 1));
        store.Fetch(1);
        store.GiveRoom(store.RoomsNeeded[0]);
        for (var n = 1; n <= 8; n++)
        {
            store.Unbind(n, 2);
            store.Drop(n);
        }

        for (var round = 0; round < 200; round++)
        {
            store.Now += TimeSpan.FromSeconds(1);
            store.Tick();
            foreach (var what in new[] { "WriteRecord", "Flush", "CreateFile", "TruncateFile", "DeleteFile" })
                store.CompleteFirst(what);
        }

        Assert.Contains(1u, store.Device.Files.Keys);
        Assert.True(store.CompleteFirst("ReadPayload"));
        store.Settle(5);
        Assert.DoesNotContain(1u, store.Device.Files.Keys);
    }

    [Fact]
    public void Put_that_is_lost_leaves_what_its_key_named_before()
    {
        var store = Ready(Plain with { RewritesMax = 0 });
        store.Outcome(store.Put(1, 1, 1));
        var lost = store.Put(2, 1, 2);
        Assert.True(store.CompleteFirst("WriteRecord", DeviceStatus.IoError));
        Assert.IsType<Unavailable>(store.Outcome(lost));
        Assert.Equal(Id(1), Assert.IsType<ColdFetched>(store.Outcome(store.Fetch(1))).Id);
    }

    [Fact]
    public void Key_whose_file_is_being_deleted_is_deleted_by_a_record_of_its_own()
    {
        var store = Ready(Plain with { CapacityBytes = 6 * 16 * Page });
        for (var n = 1; !store.Device.Open.Any(request => request is DeleteFile); n++)
        {
            store.Put(n, n, 1, pages: 3);
            for (var steps = 0; steps < 20 && !store.Device.Open.Any(request => request is DeleteFile); steps++)
                store.StepDevice(inOrder: true);
            store.Tick();
        }

        Assert.IsType<NotFound>(Assert.Single(store.Fetch(1).Answers));
        store.Unbind(1, 2);
        Assert.Contains(store.Sent, e => e.Message is WriteRecord { Header.Kind: LogRecordKind.Tombstone } m && m.Header.Binding.Key == Key(1));
    }

    private static ColdHarness Ready(ColdSettings settings)
    {
        var store = new ColdHarness(5, settings);
        store.Recover();
        return store;
    }
}
