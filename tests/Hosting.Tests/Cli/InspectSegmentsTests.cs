using System.Text.Json;
using Cascade.Core.Log;
using Cascade.Hosting.Cli.Inspection;

namespace Cascade.Hosting.Tests.Cli;

public sealed class InspectSegmentsTests : IDisposable
{
    private const int Page = LogRecordHeader.SizeBytes;

    private readonly CliTesting _cli = new();
    private readonly SegmentFolder _folder = new();

    public void Dispose()
    {
        _cli.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_document_has_exactly_the_published_fields()
    {
        var first = _folder.Block(1, 5000, key: 1);
        _folder.Alias(first.Id, key: 2);
        _folder.Unbind(key: 1);
        _folder.Block(2, 100, key: 3);

        Assert.Equal(0, await _cli.RunAsync("inspect", "segments", _folder.Root, "--verify", "--json"));
        Assert.Equal(
            $$"""
            {"path":"{{_folder.Root}}","sound":true,"files":1,"records":4,"block_records":2,"alias_records":1,"tombstones":1,
            "blocks":2,"keys":2,"bytes":28672,"live_bytes":28672,"live_share":1,"damaged":0,"torn_ends":0,"torn_records":0,
            "unreadable":0,"unknown_version":0,"wrong_digests":0,"verified":2,
            "file_list":[{"file":"agg_rank000_000001.bin","rank":0,"bytes":28672,"records":4,"live_bytes":28672,"live_share":1,"damaged":0,"torn_end":false}],
            "faults":[]}

            """.Replace(",\n", ",", StringComparison.Ordinal),
            _cli.Out);
        Assert.Empty(_cli.Error);
    }

    [Fact]
    public void Of_two_records_about_a_block_or_a_key_the_later_origin_is_live()
    {
        var moved = _folder.Block(1, 4096, key: 1);
        _folder.Block(2, 4096, key: 2);
        var dropped = _folder.Block(3, 4096, key: 3);
        _folder.File = 2;
        _folder.Block(4, 4096, key: 2);
        _folder.Drop(dropped.Id);
        _folder.Block(1, 4096, key: 1, origin: moved.Origin);

        var found = Inspect();
        Assert.Equal((3, 3, 6, 1), (found.Blocks, found.Keys, found.Records, found.Tombstones));

        // File 1: nothing of block 1, all of block 2 without its key, the header of block 3 for its key.
        Assert.Equal([3 * Page, 5 * Page], found.FileList.Select(file => file.LiveBytes!.Value));
        Assert.Equal([0.5, 1], found.FileList.Select(file => file.LiveShare!.Value));
    }

    [Fact]
    public void Copies_speak_from_where_they_were_first_written()
    {
        var (bound, unbound) = (LogPosition.At(1, 0), LogPosition.At(1, 2 * Page));
        _folder.File = 2;
        _folder.Block(1, 4096, key: 1, origin: bound);
        Assert.Equal((1, 1), (Inspect().Blocks, Inspect().Keys));
        _folder.Unbind(key: 1, origin: unbound);
        Assert.Equal((1, 0), (Inspect().Blocks, Inspect().Keys));
        _folder.Block(1, 4096, key: 1, origin: bound);
        Assert.Equal((1, 0), (Inspect().Blocks, Inspect().Keys));
    }

    [Fact]
    public void Ranks_do_not_speak_about_each_others_blocks()
    {
        _folder.Rank = 7;
        var block = _folder.Block(1, 4096, key: 1);
        _folder.Rank = 8;
        _folder.Block(1, 4096, key: 1);
        _folder.Drop(block.Id);
        var found = Inspect();
        Assert.Equal((1, 2), (found.Blocks, found.Keys));
        Assert.Equal([(7, 1.0), (8, 0.6667)], found.FileList.Select(file => (file.Rank, file.LiveShare!.Value)));
    }

    [Fact]
    public void Too_many_records_to_remember_leave_the_live_share_open()
    {
        _folder.Block(1, 4096, key: 1);
        _folder.Block(2, 4096, key: 2);
        Assert.Equal(1, Inspect(recordsMax: 2).LiveShare);
        var found = Inspect(recordsMax: 1);
        Assert.Equal((2, true, null, null, null), (found.Records, found.Sound, found.LiveShare, found.Blocks, found.FileList[0].LiveBytes));
    }

    [Fact]
    public async Task Damage_that_later_records_vouch_for_is_not_sound()
    {
        _folder.Block(1, 4096, key: 1);
        var torn = _folder.Block(2, 4096, key: 2);
        _folder.Block(3, 4096, key: 3);
        _folder.Flip(torn.Place.OffsetBytes + 40);

        Assert.Equal(1, await _cli.RunAsync("inspect", "segments", _folder.Root, "--json"));
        using var report = JsonDocument.Parse(_cli.Out);
        Assert.Equal((1, 0, 2), (Number(report, "damaged"), Number(report, "torn_ends"), Number(report, "blocks")));
        Assert.Equal("""[{"file":"agg_rank000_000001.bin","offset_bytes":8192,"kind":"damaged","reason":"no whole record"}]""", report.RootElement.GetProperty("faults").GetRawText());
    }

    [Fact]
    public void Damage_behind_all_that_is_vouched_for_is_a_torn_end()
    {
        _folder.Block(1, 4096, key: 1);
        _folder.DurableTo = LogPosition.At(1, 2 * Page);
        _folder.Block(2, 4096, key: 2);
        _folder.Garbage([.. Enumerable.Repeat((byte)1, 100)]);
        _folder.Rank = 1;
        _folder.DurableTo = null;
        _folder.Block(3, 4096);

        var found = Inspect();
        Assert.Equal((true, 1, 0, 0, 3), (found.Sound, found.TornEnds, found.TornRecords, found.Damaged, found.Blocks));
        Assert.Equal(new SegmentFault("agg_rank000_000001.bin", 4 * Page, SegmentFaultKind.TornEnd, found.Faults[0].Reason), Assert.Single(found.Faults));
        Assert.Equal([true, false], found.FileList.Select(file => file.TornEnd));
    }

    [Fact]
    public void Records_behind_a_torn_end_do_not_hold()
    {
        _folder.Block(1, 4096, key: 1);
        _folder.DurableTo = LogPosition.At(1, 0);
        var torn = _folder.Block(2, 4096, key: 2);
        _folder.File = 2;
        _folder.Block(3, 4096, key: 1);
        _folder.File = 1;
        _folder.Flip(torn.Place.OffsetBytes + 40);
        var found = Inspect();
        Assert.Equal((true, 1, 1, 1, 2), (found.Sound, found.TornEnds, found.TornRecords, found.Blocks, found.Records));
        Assert.Equal([2L * Page, 0], found.FileList.Select(file => file.LiveBytes!.Value));
    }

    [Fact]
    public void Zeros_where_the_log_was_flushed_are_damage_and_at_its_end_a_torn_end()
    {
        _folder.Block(1, 4096, key: 1);
        _folder.Garbage(new byte[2 * Page]);
        Assert.Equal((true, 1), (Inspect().Sound, Inspect().TornEnds));
        _folder.File = 2;
        _folder.Block(2, 4096, key: 2);
        var found = Inspect();
        Assert.Equal((false, 1, 0), (found.Sound, found.Damaged, found.TornEnds));
        Assert.Equal(2L * Page, Assert.Single(found.Faults).OffsetBytes);
    }

    [Fact]
    public void File_of_zeros_and_an_empty_file_are_told()
    {
        _folder.Garbage(new byte[Page]);
        _folder.File = 2;
        _folder.Garbage();
        _folder.File = 3;
        _folder.Block(1, 4096);
        var found = Inspect();
        Assert.Equal((3, false, 1), (found.Files, found.Sound, found.Damaged));
        Assert.Equal([0, 0, 1.0], found.FileList.Select(file => file.LiveShare!.Value));
    }

    [Fact]
    public void Damage_that_a_second_look_does_not_find_was_a_node_at_work()
    {
        _folder.Block(1, 4096, key: 1);
        _folder.Block(2, 4096, key: 2);
        _folder.Flip(40);
        using var walk = new SegmentWalk([new SegmentTally(_folder.Path, 0, 1, 4 * Page)], verify: false, recordsMax: 9);
        walk.Run(_folder.Root, null, CancellationToken.None);
        Assert.True(walk.HasDamage);
        Assert.Equal((false, 1), (walk.ToReport("", walk.DamagedPlaces()).Sound, walk.ToReport("").Damaged));
        var report = walk.ToReport("", []);
        Assert.Equal((true, 0, 0, 0), (report.Sound, report.Damaged, report.Faults.Count, report.FileList[0].Damaged));
    }

    [Fact]
    public void Block_that_was_being_written_when_it_was_read_is_looked_at_again()
    {
        var block = _folder.Block(1, 4096);
        var later = _folder.Block(2, 4096);
        var log = new RankLog(9, header => header.Id == block.Id ? null : "wrong");
        log.Add(block, "half of it");
        log.Add(later, null);
        log.Add(later with { Place = LogPosition.At(1, 4 * Page) }, "half of it");
        log.Finish();
        Assert.Equal((LogPosition.At(1, 4 * Page), SegmentFaultKind.WrongDigest, "wrong"), Assert.Single(log.Faults));
    }

    [Fact]
    public void Progress_is_told_in_bytes_of_all_files()
    {
        _folder.Block(1, 4096);
        _folder.File = 2;
        _folder.Block(2, 5000);
        var told = new List<(long Done, long Total)>();
        SegmentInspector.Inspect(_folder.Root, verify: true, new Progress(told), CancellationToken.None);
        Assert.Equal([(2 * Page, 5 * Page), (5 * Page, 5 * Page)], told);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Wrong_byte_of_a_block_is_found_when_asked_for(bool verify)
    {
        _folder.Block(1, 4096, key: 1);
        var wrong = _folder.Block(2, 4096, key: 2);
        _folder.Flip(wrong.Place.OffsetBytes + Page + 17);
        var found = Inspect(verify);
        Assert.Equal((!verify, verify ? 1 : 0, verify ? 2 : 0), (found.Sound, found.WrongDigests, found.Verified));
        Assert.Equal(verify ? [SegmentFaultKind.WrongDigest] : [], found.Faults.Select(fault => fault.Kind));
    }

    [Fact]
    public void Record_of_a_later_program_is_not_sound_and_no_damage()
    {
        _folder.Block(1, 4096);
        var later = _folder.Block(2, 4096);
        _folder.Block(3, 4096);
        var page = new byte[Page];
        later.Encode(page);
        page[8] = 99;
        BitConverter.TryWriteBytes(page.AsSpan(12), 0u);
        BitConverter.TryWriteBytes(page.AsSpan(12), Crc32C.Of(page));
        using (var stream = File.OpenWrite(_folder.Path))
        {
            stream.Position = later.Place.OffsetBytes;
            stream.Write(page);
        }

        var found = Inspect();
        Assert.Equal((false, 1, 0, 2), (found.Sound, found.UnknownVersion, found.Damaged, found.Records));
    }

    [Fact]
    public async Task People_get_tables_that_fit_a_terminal()
    {
        var torn = _folder.Block(1, 5000, key: 1);
        _folder.Block(2, 5000, key: 2);
        _folder.Flip(torn.Place.OffsetBytes + 40);
        Assert.Equal(1, await _cli.RunAsync("inspect", "segments", _folder.Root));
        var rows = _cli.Out.Split('\n').Select(row => string.Join(' ', row.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToList();
        Assert.Contains("sound no", rows);
        Assert.Contains("live 12 KiB, 50.0 %", rows);
        Assert.Contains("agg_rank000_000001.bin 24 KiB 1 50.0 % 1", rows);
        Assert.Contains("agg_rank000_000001.bin 0 no whole record", rows);
        Assert.All(_cli.Out.Split('\n'), row => Assert.InRange(row.TrimEnd().Length, 0, 80));
        Assert.Empty(_cli.Error);
    }

    [Fact]
    public async Task Many_files_are_shown_by_what_is_wrong_and_least_alive()
    {
        for (_folder.File = 1; _folder.File <= 30; _folder.File++)
            _folder.Block(1, 4096, key: (int)_folder.File);
        Assert.Equal(0, await _cli.RunAsync("inspect", "segments", _folder.Root));
        Assert.Equal(20, _cli.Out.Split('\n').Count(row => row.Contains("agg_rank", StringComparison.Ordinal)));
        Assert.DoesNotContain("agg_rank000_000030", _cli.Out, StringComparison.Ordinal);
        Assert.Equal("20 of 30 files: damaged ones, then those with the least live bytes; --json has all\n", _cli.Error);
    }

    [Fact]
    public async Task Place_without_segments_is_a_clear_error()
    {
        Assert.Equal(1, await _cli.RunAsync("inspect", "segments", _folder.Root));
        Assert.Equal(1, await _cli.RunAsync("inspect", "segments", _folder.Root + "/none"));
        File.WriteAllText(Path.Combine(_folder.Root, "agg_rank0000_000001.bin"), "not ours");
        Assert.Equal(1, await _cli.RunAsync("inspect", "segments", Path.Combine(_folder.Root, "agg_rank0000_000001.bin")));
        Assert.Equal(
            $"""
            cascade: there are no aggregated files in '{_folder.Root}': give the directory of a cold tier (cascade.tiers.cold.directory)
            cascade: there is no directory '{_folder.Root}/none'
            cascade: '{_folder.Root}/agg_rank0000_000001.bin' is a file: give the directory that it lies in

            """,
            _cli.Error);
        Assert.Empty(_cli.Out);
    }

    private static long Number(JsonDocument report, string field) => report.RootElement.GetProperty(field).GetInt64();

    private SegmentInspection Inspect(bool verify = false, int recordsMax = 1000) =>
        SegmentInspector.Inspect(_folder.Root, verify, null, CancellationToken.None, recordsMax);

    private sealed class Progress(List<(long Done, long Total)> told) : IProgress<(long Done, long Total)>
    {
        public void Report((long Done, long Total) value) => told.Add(value);
    }
}
