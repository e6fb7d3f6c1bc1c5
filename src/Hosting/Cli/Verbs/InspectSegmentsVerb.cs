using System.CommandLine;
using System.Globalization;
using Cascade.Hosting.Cli.Inspection;
using Spectre.Console;
using static Cascade.Hosting.Cli.HumanText;

namespace Cascade.Hosting.Cli.Verbs;

/// <summary><c>inspect segments</c>: reads the aggregated files of a cold tier, and changes nothing.</summary>
internal static class InspectSegmentsVerb
{
    /// <summary>So many files and faults a person is shown.</summary>
    private const int RowsMax = 20;

    /// <summary>Makes the verb.</summary>
    public static VerbCommand Create(CliConsole console)
    {
        var verb = new VerbCommand(
            "segments",
            "Say what the aggregated files of a cold tier hold and whether they are sound.",
            new Example("cascade inspect segments /scratch/cascade", "records, live share and damage, by their headers"),
            new Example("cascade inspect segments /scratch/cascade --verify --json", "all bytes as well, as one JSON document"))
        {
            Details = """
                Reads the header of every record, of all ranks, and with --verify every block. Takes no lock: also beside running
                nodes, whose files change meanwhile. Exit code 1 when they are not sound.
                A record is live while no later one says otherwise about its block or its key.
                A place without a record is damage when a later record says that the log was flushed beyond it. Else it is a torn
                end, as a crash leaves it: the next start cuts the log off there, and the files are sound all the same. In the very
                last flush damage looks like that too, as no record follows that could tell. Wrong bytes of a block always count.
                """,
        };
        var path = new Argument<string>("PATH") { Description = "The directory: cascade.tiers.cold.directory of its nodes." };
        var verify = new Option<bool>("--verify") { Description = "Read every block and compare it with its digest." };
        var json = CommonOptions.Json();
        verb.Add(path);
        verb.Add(verify);
        verb.Add(json);
        verb.SetAction((line, cancellationToken) =>
        {
            var isVerifying = line.GetValue(verify);
            SegmentInspection inspection;
            using (var progress = new ProgressReporter(console, isVerifying ? "verifying" : "reading headers", Size))
                inspection = SegmentInspector.Inspect(Path.GetFullPath(line.GetValue(path)!), isVerifying, progress, cancellationToken);
            if (line.GetValue(json))
                JsonOutput.Write(console.Out, inspection);
            else
                Write(console, inspection);
            return Task.FromResult(inspection.Sound ? ExitCode.Ok : ExitCode.Failed);
        });
        return verb;
    }

    private static void Write(CliConsole console, SegmentInspection found)
    {
        // In the table a long path would push the figures to the far right.
        console.Out.WriteLine(found.Path);
        TableOutput.Write(console.Out, TableOutput.OfValues(
            ("sound", found.Sound ? "yes" : "no"),
            ("files, ranks", $"{Count(found.Files)}, {Count(found.FileList.DistinctBy(file => file.Rank).Count())}"),
            ("bytes", Size(found.Bytes)),
            ("live", found.LiveBytes is { } live ? $"{Size(live)}, {Percent(found.LiveShare ?? 0)}" : "not known: too many records"),
            ("blocks", CountOrUnknown(found.Blocks)),
            ("keys", CountOrUnknown(found.Keys)),
            ("records", Count(found.Records)),
            ("  of blocks", Count(found.BlockRecords)),
            ("  of further keys", Count(found.AliasRecords)),
            ("  of deletions", Count(found.Tombstones)),
            ("damaged places", Count(found.Damaged)),
            ("torn ends", found.TornEnds == 0 ? "0" : $"{Count(found.TornEnds)}, {Count(found.TornRecords)} records behind"),
            ("files not readable", Count(found.Unreadable)),
            ("records of a later program", Count(found.UnknownVersion)),
            ("digests checked", Count(found.Verified)),
            ("  wrong", Count(found.WrongDigests))));
        WriteFiles(console, found.FileList);
        WriteFaults(console, found.Faults);
    }

    private static void WriteFiles(CliConsole console, IReadOnlyList<SegmentFile> files)
    {
        var table = NewTable("file", "size", "records", "live", "damage");
        var shown = files.Count <= RowsMax
            ? files
            : files.OrderByDescending(file => file.Damaged > 0 || file.TornEnd).ThenBy(file => file.LiveShare).Take(RowsMax);
        foreach (var file in shown)
        {
            var damage = file.Damaged > 0 ? Count(file.Damaged) : file.TornEnd ? "torn end" : "";
            AddRow(table, file.File, Size(file.Bytes), Count(file.Records), file.LiveShare is { } share ? Percent(share) : "", damage);
        }

        console.Out.WriteLine();
        TableOutput.Write(console.Out, table);
        if (files.Count > RowsMax)
            console.Say($"{RowsMax} of {Count(files.Count)} files: damaged ones, then those with the least live bytes; --json has all");
    }

    private static void WriteFaults(CliConsole console, IReadOnlyList<SegmentFault> faults)
    {
        if (faults.Count == 0)
            return;
        var table = NewTable("file", "offset");
        table.AddColumn("what is there");
        foreach (var fault in faults.Take(RowsMax))
            AddRow(table, fault.File, fault.OffsetBytes.ToString(CultureInfo.InvariantCulture), Describe(fault));
        console.Out.WriteLine();
        TableOutput.Write(console.Out, table);
        if (faults.Count > RowsMax)
            console.Say($"{RowsMax} of {Count(faults.Count)} places; --json has more");
    }

    /// <summary>The reason of a wrong digest has the digest in it: too long for a table.</summary>
    private static string Describe(SegmentFault fault) => fault.Kind == SegmentFaultKind.WrongDigest ? "wrong digest" : fault.Reason;

    private static Table NewTable(string first, params ReadOnlySpan<string> others)
    {
        var table = new Table().Border(TableBorder.None).AddColumn(new TableColumn(first).NoWrap());
        foreach (var name in others)
            table.AddColumn(new TableColumn(name).NoWrap().RightAligned());
        return table;
    }

    private static void AddRow(Table table, params ReadOnlySpan<string> cells)
    {
        var row = new Text[cells.Length];
        for (var i = 0; i < row.Length; i++)
            row[i] = new Text(cells[i]);
        table.AddRow(row);
    }

    private static string CountOrUnknown(long? number) => number is { } known ? Count(known) : "not known";
}
