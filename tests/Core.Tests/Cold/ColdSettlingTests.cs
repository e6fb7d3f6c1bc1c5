using Cascade.Core.Cold;
using Cascade.Core.Log;
using Cascade.Core.Messages;
using static Cascade.Core.Tests.Cold.ColdNames;

namespace Cascade.Core.Tests.Cold;

/// <summary>Coming to rest, turning away, and what is shown of both.</summary>
public sealed class ColdSettlingTests
{
    private const int Page = LogRecordHeader.SizeBytes;

    private static readonly ColdSettings Plain = ColdHarness.Small with { CheckpointEveryBytes = long.MaxValue, GroupDelay = TimeSpan.Zero };

    [Fact]
    public void Settled_is_said_when_all_is_written_and_a_checkpoint_too()
    {
        var store = Ready(Plain);
        var put = store.Put(1, 1, 1);
        var settle = store.Send(new Asked("settle"), ColdSettle.Instance);
        Assert.True(store.CompleteFirst("CreateFile"));
        Assert.True(store.CompleteFirst("WriteRecord"));
        Assert.True(store.CompleteFirst("Flush"));
        Assert.Single(put.Answers);
        Assert.Empty(settle.Answers);
        Assert.Equal(typeof(WriteCheckpoint), Assert.Single(store.Device.Open).GetType());
        Assert.True(store.CompleteFirst("WriteCheckpoint"));
        Assert.Same(ColdSettled.Instance, Assert.Single(settle.Answers));
        store.Crash();
        Assert.Equal((1, 0L), (store.Recover().Blocks, store.Core.Report.Figures.Lost));
    }

    [Fact]
    public void Settled_waits_for_reads_and_for_their_deadline_at_the_latest()
    {
        var store = Ready(Plain);
        store.Outcome(store.Put(1, 1, 1));
        store.Fetch(1);
        var settle = store.Send(new Asked("settle"), ColdSettle.Instance);
        while (store.StepDevice())
        {
        }

        Assert.Empty(settle.Answers);
        store.Now += TimeSpan.FromSeconds(60);
        store.Tick();
        Assert.Single(settle.Answers);
    }

    [Fact]
    public void Store_that_cannot_list_its_directory_settles_all_the_same()
    {
        var store = new ColdHarness(5, Plain);
        store.Start();
        Assert.True(store.CompleteFirst("ListFiles", DeviceStatus.AccessDenied));
        var settle = store.Send(new Asked("settle"), ColdSettle.Instance);
        Assert.Empty(settle.Answers);
        while (store.StepDevice())
        {
        }

        Assert.Single(settle.Answers);
    }

    [Fact]
    public void Recovery_shows_how_many_files_are_read()
    {
        var store = Ready(Plain with { RecoveryReadsMax = 1, HeadersPerRead = 1 });
        for (var n = 1; n <= 4; n++)
            store.Outcome(store.Put(n, n, 1, pages: 14));
        store.Crash();
        store.Start();
        var seen = new List<(int, int)>();
        while (store.StepDevice(inOrder: true))
            seen.Add(store.Core.RecoveryProgress);
        Assert.Equal([(0, 0), (0, 4), (1, 4), (2, 4), (3, 4), (4, 4)], seen.Distinct());
    }

    [Fact]
    public void Directory_that_takes_no_file_is_unavailable_at_once_until_it_does()
    {
        var store = Ready(Plain);
        var first = store.Put(1, 1, 1);
        Assert.True(store.CompleteFirst("CreateFile", DeviceStatus.AccessDenied));
        Assert.Contains("AccessDenied", Assert.IsType<Unavailable>(Assert.Single(first.Answers)).Reason, StringComparison.Ordinal);
        Assert.Equal(1, first.Released);
        Assert.Contains("AccessDenied", Assert.IsType<Unavailable>(Assert.Single(store.Put(2, 2, 1).Answers)).Reason, StringComparison.Ordinal);
        store.Settle(20);
        Assert.Equal(new ColdStored(true), store.Outcome(store.Put(3, 3, 1)));
    }

    [Fact]
    public void Slow_device_is_busy_and_not_unavailable()
    {
        var store = Ready(Plain);
        var put = store.Put(1, 1, 1, timeoutSeconds: 1);
        store.Now += TimeSpan.FromSeconds(1);
        store.Tick();
        Assert.IsType<Busy>(Assert.Single(put.Answers));
        Assert.Equal(1, store.Core.Report.Figures.Busy);
    }

    [Fact]
    public void Only_what_was_asked_for_often_enough_is_demoted_and_what_is_stored_costs_nothing()
    {
        var store = Ready(Plain with { AdmitFrequencyMin = 1 });
        store.Outcome(store.Put(1, 1, 1));
        Assert.Same(NotAdmitted.Instance, Assert.Single(store.Put(3, 3, 1, durable: false).Answers));
        Assert.Empty(store.Put(1, 4, 1, durable: false).Answers.OfType<NotAdmitted>());
        Assert.Empty(store.Put(5, 5, 1, durable: false, frequency: 1).Answers.OfType<NotAdmitted>());
        Assert.Empty(store.Put(6, 6, 1, durable: true).Answers.OfType<NotAdmitted>());
    }

    [Fact]
    public void Read_ahead_stops_at_a_fork_and_passes_branches_that_are_not_here()
    {
        var store = Ready(Plain);
        foreach (var (block, parent) in new[] { (1, 0), (2, 1), (3, 2), (4, 3), (5, 3), (6, 2) })
            store.Outcome(store.Put(block, block, 1, parent: parent));
        store.Outcome(store.Drop(6));
        store.Fetch(1, readAhead: 100);
        Assert.Equal([2, 3], store.ToTier.OfType<ReadAheadProposed>().Single().Blocks.Select(b => Number(b.Id)));
        store.Outcome(store.Unbind(5, 2));
        store.Fetch(1, readAhead: 100);
        Assert.Equal([2, 3, 4], store.ToTier.OfType<ReadAheadProposed>().Last().Blocks.Select(b => Number(b.Id)));
    }

    private static ColdHarness Ready(ColdSettings settings)
    {
        var store = new ColdHarness(5, settings);
        store.Recover();
        return store;
    }
}
