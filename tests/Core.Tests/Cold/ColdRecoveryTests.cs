using Cascade.Core.Cold;
using Cascade.Core.Hashing;
using Cascade.Core.Log;
using Cascade.Core.Messages;
using static Cascade.Core.Tests.Cold.ColdNames;

namespace Cascade.Core.Tests.Cold;

public sealed class ColdRecoveryTests
{
    private const int Page = LogRecordHeader.SizeBytes;

    private static readonly ColdSettings NoCheckpoint = ColdHarness.Small with { CheckpointEveryBytes = long.MaxValue };

    /// <summary>
    /// A script of puts, deletions and a compaction, stopped after every single step of the device: whatever was acknowledged by then is
    /// there after recovery, and no deleted key is.
    /// </summary>
    [Fact]
    public void Crash_after_every_step_of_a_compaction_loses_nothing()
    {
        var stops = 0;
        for (var stop = 0; ; stop++)
        {
            var store = new ColdHarness(stop, ColdHarness.Small);
            store.Recover();
            var ended = RunScript(store, stop, out var stored, out var deleted);
            store.Crash();
            store.Recover();
            foreach (var key in stored)
                Assert.True(store.Outcome(store.Fetch(key)) is ColdFetched f && Number(f.Id) == key, $"key {key} is lost after {stop} steps");
            foreach (var key in deleted)
                Assert.True(store.Outcome(store.Fetch(key)) is NotFound, $"key {key} is back after {stop} steps");
            stops++;
            if (ended)
                break;
        }

        Assert.InRange(stops, 60, 2000);
    }

    private static bool RunScript(ColdHarness store, int stop, out List<int> stored, out List<int> deleted)
    {
        var puts = new Dictionary<int, Asked>();
        var drops = new Dictionary<int, Asked>();
        var steps = 0;
        for (var key = 1; key <= 8; key++)
            puts[key] = store.Put(key, key, 1, pages: 2);
        var ended = Run(store, stop, ref steps);
        for (var key = 1; ended && key <= 6; key++)
        {
            drops[key] = store.Unbind(key, 2);
            store.Drop(key);
            puts.Remove(key);
        }

        ended = ended && Run(store, stop, ref steps);
        for (var key = 11; ended && key <= 14; key++)
            puts[key] = store.Put(key, key, 1, pages: 3);
        ended = ended && Run(store, stop, ref steps);
        Assert.True(!ended || store.Core.Report.Figures.FilesReclaimed > 0);
        stored = [.. puts.Where(p => p.Value.Answers.Count == 1).Select(p => p.Key)];
        deleted = [.. drops.Where(p => p.Value.Answers.Count == 1).Select(p => p.Key)];
        return ended;
    }

    private static bool Run(ColdHarness store, int stop, ref int steps)
    {
        for (var quiet = 0; quiet < 4; quiet++)
        {
            while (!store.Device.IsIdle)
            {
                if (steps++ == stop)
                    return false;
                store.StepDevice(inOrder: true);
            }

            store.Now += TimeSpan.FromMilliseconds(500);
            store.Tick();
        }

        return true;
    }

    [Fact]
    public void Damaged_header_in_a_closed_file_costs_its_record_and_is_counted()
    {
        var store = Filled(NoCheckpoint, blocks: 12);
        var file = store.Device.Files[1];
        file[2] = DiskPage.Damaged;
        store.Crash();
        store.Recover();
        Assert.Equal(1, store.Core.Report.Figures.DamagedHeaders);
        Assert.IsType<NotFound>(store.Outcome(store.Fetch(2)));
        foreach (var key in new[] { 1, 3, 4, 12 })
            Assert.IsType<ColdFetched>(store.Outcome(store.Fetch(key)));
    }

    [Fact]
    public void Flipped_bit_in_a_payload_is_never_served()
    {
        var store = Filled(NoCheckpoint, blocks: 3);
        store.Device.Files[1][3] = DiskPage.Damaged;
        Assert.IsType<NotFound>(store.Outcome(store.Fetch(2)));
        Assert.IsType<ColdFetched>(store.Outcome(store.Fetch(1)));
        Assert.Equal(1, store.Core.Report.Figures.Corrupt);
        Assert.Equal(new ColdStored(true), store.Outcome(store.Put(2, 2, 2)));
        Assert.IsType<ColdFetched>(store.Outcome(store.Fetch(2)));
    }

    [Fact]
    public void Vanished_file_is_misses_and_its_deletions_are_written_anew()
    {
        var store = Filled(NoCheckpoint, blocks: 8);
        store.Outcome(store.Unbind(1, 2));
        store.Outcome(store.Put(20, 20, 1, pages: 12));
        var tombstones = store.Device.Files.First(f => Enumerable.Range(0, f.Value.Pages).Any(p => f.Value[p].Header?.Kind == LogRecordKind.Tombstone)).Key;
        Assert.NotEqual(1u, tombstones);
        store.Device.Files.Remove(tombstones);
        var lost = Enumerable.Range(2, 19).Where(key => store.Outcome(store.Fetch(key)) is NotFound).ToList();
        Assert.NotEmpty(lost);
        store.Settle();
        Assert.Equal(1, store.Core.Report.Figures.FilesGone);
        store.Crash();
        store.Recover();
        Assert.IsType<NotFound>(store.Outcome(store.Fetch(1)));
        Assert.IsType<ColdFetched>(store.Outcome(store.Fetch(2)));
    }

    [Fact]
    public void Records_whose_file_vanished_before_their_flush_are_flushed_only_once_they_are_written_anew()
    {
        var store = new ColdHarness(3, NoCheckpoint with { GroupDelay = TimeSpan.FromSeconds(1) });
        store.Recover();
        store.Outcome(store.Put(1, 1, 1));
        store.Fetch(1);
        store.GiveRoom(store.RoomsNeeded[0]);
        store.Put(2, 2, 1);
        var last = store.Put(3, 3, 1);
        Assert.True(store.CompleteFirst("WriteRecord 2") && store.CompleteFirst("WriteRecord 3"));
        store.Device.Files.Remove(1);
        Assert.True(store.CompleteFirst("ReadPayload") && store.CompleteFirst("CreateFile") && store.CompleteFirst("WriteRecord 2"));
        store.Now += TimeSpan.FromSeconds(1);
        store.Tick();
        Assert.True(store.CompleteFirst("Flush"));
        Assert.Empty(last.Answers);
        Assert.Equal(new ColdStored(true), store.Outcome(last));
    }

    [Fact]
    public void Recovery_of_a_hundred_gigabytes_reads_one_header_a_record_and_few_with_a_checkpoint()
    {
        var settings = new ColdSettings { CapacityBytes = 128L << 30, CheckpointEveryBytes = long.MaxValue };
        var store = new ColdHarness(1, settings);
        const int FilesOf256MiB = 400;
        const int RecordsAFile = 256;
        for (uint file = 1; file <= FilesOf256MiB; file++)
            store.Device.Synthetic[file] = Headers(file, RecordsAFile);
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var ready = store.Recover();
        var elapsed = System.Diagnostics.Stopwatch.GetElapsedTime(started);
        Assert.Equal((FilesOf256MiB * RecordsAFile, (long)FilesOf256MiB * RecordsAFile), (ready.Blocks, ready.HeadersRead));
        Assert.True(elapsed < TimeSpan.FromSeconds(10), $"took {elapsed}");

        store.Send(new Asked("checkpoint"), ColdSettle.Instance);
        store.Settle(2);
        Assert.Equal(1, store.Core.Report.Figures.Checkpoints);
        store.Crash();
        var again = store.Recover();
        Assert.Equal((ready.Blocks, 0L), (again.Blocks, again.HeadersRead));
        Assert.Equal(FilesOf256MiB * RecordsAFile, store.Core.Report.Keys);
    }

    private static List<LogRecordHeader> Headers(uint file, int count) =>
        [.. Enumerable.Range(0, count).Select(n =>
        {
            var name = ((int)file * 1000) + n;
            var place = LogPosition.At(file, n * (1L << 20));
            return new LogRecordHeader(LogRecordKind.Block, Id(name), (1 << 20) - Page, Binding(name, 1), DigestAlgorithm.Blake3)
            {
                Origin = place,
                Place = place,
                DurableTo = place,
            };
        })];

    private static ColdHarness Filled(ColdSettings settings, int blocks)
    {
        var store = new ColdHarness(3, settings);
        store.Recover();
        for (var n = 1; n <= blocks; n++)
            Assert.Equal(new ColdStored(true), store.Outcome(store.Put(n, n, 1)));
        return store;
    }
}
