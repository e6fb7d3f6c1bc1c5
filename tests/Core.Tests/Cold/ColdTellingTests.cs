using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Log;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;
using static Cascade.Core.Tests.Cold.ColdNames;

namespace Cascade.Core.Tests.Cold;

/// <summary>What owners and the key index are told.</summary>
public sealed class ColdTellingTests
{
    private const int Page = LogRecordHeader.SizeBytes;

    private static readonly ColdSettings Plain = ColdHarness.Small with { CheckpointEveryBytes = long.MaxValue, GroupDelay = TimeSpan.Zero };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Owner_is_told_of_a_durable_block_before_its_memory_is_given_back(bool durable)
    {
        var store = Ready(Plain);
        var put = store.Put(1, 1, 1, pages: 2, durable: durable);
        Assert.False(store.Core.TryDescribe(Id(1), out _));
        store.Settle(1);
        var said = store.Sent.Where(e => e.To == (object)put || e.To is Destination).Select(e => e.Message.GetType()).ToList();
        Assert.Equal(
            durable
                ? [typeof(AddCopy), typeof(ColdStored), typeof(MemoryReleased)]
                : [typeof(ColdStored), typeof(AddCopy), typeof(MemoryReleased)],
            said);
        Assert.Equal(new CopyLocation(ColdHarness.Self.Node, TierKind.Cold, 0, 1, 0, (2 * Page) - 7), store.Listeners.Copies[Id(1)]);
    }

    [Fact]
    public void Owner_of_a_block_that_is_stored_already_is_told_again()
    {
        var store = Ready(Plain);
        store.Outcome(store.Put(1, 1, 1));
        foreach (var key in new[] { 1, 2 })
        {
            store.Sent.Clear();
            store.Outcome(store.Put(1, key, 1));
            Assert.Equal(store.Listeners.Copies[Id(1)], Told<AddCopy>(store).Single().Copy);
        }
    }

    [Fact]
    public void Owner_is_told_when_a_block_is_dropped_found_corrupt_or_its_file_vanished()
    {
        var store = Ready(Plain);
        for (var n = 1; n <= 3; n++)
            store.Outcome(store.Put(n, n, 1));
        var copies = Enumerable.Range(1, 3).Select(n => store.Listeners.Copies[Id(n)]).ToList();
        store.Outcome(store.Drop(1));
        store.Device.Files[1][3] = DiskPage.Damaged;
        store.Outcome(store.Fetch(2));
        store.Device.Files.Remove(1);
        store.Outcome(store.Fetch(3));
        Assert.Equal(
            Enumerable.Range(1, 3).Select(n => new RemoveCopy(Id(n), copies[n - 1], Binding(n, 1))),
            Told<RemoveCopy>(store).Where(m => m.Copy.LengthBytes > 0));
        var report = Report(store);
        Assert.Equal((3L, 2L, 1L, 0L, 0), (report.Published, report.Dropped, report.Corrupt, report.Evicted, report.Blocks));
    }

    [Fact]
    public void Keys_of_evicted_blocks_are_told_to_their_owners_with_the_copy_or_alone()
    {
        var store = Ready(Plain with { CapacityBytes = 6 * 16 * Page, ReinsertShareMax = 0 });
        store.Outcome(store.Put(1, 1, 1, pages: 15));
        var copy = store.Listeners.Copies[Id(1)];
        store.Outcome(store.Bind(1, 2, 1));
        for (var n = 10; n < 100 && Told<RemoveCopy>(store).All(m => m.Binding.Key != Key(2)); n++)
        {
            store.Outcome(store.Put(n, n, 1, pages: 3));
            store.Settle(2);
        }

        var alone = new CopyLocation(ColdHarness.Self.Node, TierKind.Cold, 0, 0, 0, 0);
        Assert.Equal(
            [new RemoveCopy(Id(1), copy, Binding(1, 1)), new RemoveCopy(Id(1), alone, Binding(2, 1))],
            Told<RemoveCopy>(store).Where(m => m.Id == Id(1)));
        Assert.Equal(store.Core.Report.Figures.Evicted, Report(store).Evicted);
        Assert.InRange(Report(store).Evicted, 1, 100);
    }

    [Fact]
    public void Copy_keeps_its_generation_when_its_record_moves_and_over_a_restart()
    {
        var store = Ready(Plain);
        for (var n = 1; n <= 8; n++)
            store.Outcome(store.Put(n, n, 1));
        var copy = store.Listeners.Copies[Id(8)];
        for (var n = 1; n <= 7; n++)
            store.Outcome(store.Unbind(n, 2));
        store.Outcome(store.Put(20, 20, 1, pages: 14));
        store.Settle();
        Assert.InRange(store.Core.Report.Figures.Copied, 1, 100);
        Assert.Equal(copy, store.Listeners.Copies[Id(8)]);
        store.Crash();
        store.Recover();
        Assert.True(store.Core.TryDescribe(Id(8), out var found));
        Assert.Equal(copy, found);
        store.Outcome(store.Put(1, 1, 3));
        Assert.Equal(10u, store.Listeners.Copies[Id(1)].Generation);
    }

    [Fact]
    public void Generations_go_on_where_a_checkpoint_says_when_no_record_is_left()
    {
        var store = Ready(Plain);
        store.Outcome(store.Put(1, 1, 1, pages: 3));
        store.Outcome(store.Unbind(1, 2));
        store.Crash();
        store.Recover();
        store.Settle(5);
        Assert.Empty(store.Device.Files);
        store.Outcome(store.Send(new Asked("settle"), ColdSettle.Instance));
        store.Crash();
        store.Recover();
        store.Outcome(store.Put(1, 1, 3));
        Assert.Equal(2u, store.Listeners.Copies[Id(1)].Generation);
    }

    [Fact]
    public void Keys_are_told_to_the_index_window_by_window_while_requests_are_served()
    {
        var store = Ready(Plain with { QueueMax = 1000, CapacityBytes = 4096 * 16 * Page });
        for (var n = 1; n <= 600; n++)
            store.Put(n, n, 1);
        store.Settle(30);
        store.Outcome(store.Drop(600));
        store.Crash();
        store.AnswersBinds = false;
        store.ToTier.Clear();
        store.Start();
        while (store.StepDevice())
        {
        }

        Assert.Equal(256, store.Listeners.BindsOpen);
        Assert.IsType<ColdFetched>(store.Outcome(store.Fetch(599)));
        var first = store.Listeners.Announced.ToList();
        store.Settle(10);
        Assert.Equal([.. first, .. first], store.Listeners.Announced);
        while (store.Listeners.TakeBind() is { } bind)
            store.Send(new Asked("key index"), bind.Key == Key(7) ? new Refused("full") : new Bound(bind.Key, bind.Id, true));
        Assert.Equal(Enumerable.Range(1, 599), first.Concat(store.Listeners.Announced.Skip(512)).Select(bind => Number(bind.Id)));
        Assert.Equal(599, store.ToTier.OfType<ColdReady>().Single().Blocks);
    }

    [Fact]
    public void Keys_of_a_copy_that_its_owner_did_not_know_are_told_again()
    {
        var store = Ready(Plain);
        for (var n = 1; n <= 3; n++)
            store.Outcome(store.Put(n, n, 1));
        store.Outcome(store.Bind(2, 4, 1));
        store.Sent.Clear();
        var known = Enumerable.Range(1, 3).Where(n => n != 2).Select(n => HeldBlock.Of(Id(n), store.Listeners.Copies[Id(n)]));
        store.Send(new Asked("loader"), new Believed(ColdHarness.Self, ShardSet.All(), [.. known]));
        Assert.Equal([new AddCopy(Id(2), store.Listeners.Copies[Id(2)])], Told<AddCopy>(store));
        Assert.Equal(
            [new Bind(Binding(2, 1), Id(2)), new Bind(Binding(4, 1), Id(2))],
            store.Sent.Where(e => e.To == (object)Destination.KeyIndex).Select(e => (Bind)e.Message).OrderBy(static bind => bind.Binding.Key == Key(4)));
        Assert.Single(store.ToTier.OfType<ColdReady>());
    }

    private static TierReport Report(ColdHarness store) =>
        (TierReport)Assert.Single(store.Send(new Asked("report"), ReportTier.Instance).Answers);

    private static IEnumerable<T> Told<T>(ColdHarness store) => store.Sent.Where(e => e.To == (object)Destination.Owners).Select(e => e.Message).OfType<T>();

    private static ColdHarness Ready(ColdSettings settings)
    {
        var store = new ColdHarness(5, settings);
        store.Recover();
        return store;
    }
}
