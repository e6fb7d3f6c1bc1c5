using System.Globalization;
using System.Text;

namespace Cascade.LoadTests.Reports;

/// <summary>The report as Markdown, whose tables are aligned so that they read well as plain text.</summary>
internal static class MarkdownReport
{
    private const int MessageLengthMax = 100;

    /// <summary>Writes it.</summary>
    public static string Write(LoadReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Load: {report.Scenario}\n\n");
        foreach (var line in Summary(report))
            text.Append("- ").Append(line).Append('\n');
        text.Append('\n');
        foreach (var table in ReportTable.Of(report))
            AddTable(text, table);
        return text.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>What was run, and whether the bytes were right, in a few lines.</summary>
    public static IEnumerable<string> Summary(LoadReport report)
    {
        yield return report.WrongBytes == 0
            ? $"wrong bytes: **0** ({Texts.Number(report.CheckedBlocks)} blocks compared, {Texts.Size(report.CheckedBytes)} of their bytes)"
            : $"WRONG BYTES: **{Texts.Number(report.WrongBytes)}** in {Texts.Number(report.WrongBlocks)} of {Texts.Number(report.CheckedBlocks)} blocks compared";
        if (!report.Complete)
            yield return $"**not complete**: it ended after {Texts.Number(report.MeasuredS)} s, or runs gave no answer";
        var writes = report.WritesPercent is { } percent ? $", {percent} % writes" : "";
        yield return $"load: {Texts.Load(report.LoadSimulations)}{writes}; seed {report.Seed}; warm-up {Texts.Number(report.WarmUpS)} s, not counted";
        yield return $"target: {report.Nodes} {(report.Nodes == 1 ? "node" : "nodes")} of {Texts.Size(report.CapacityBytes)}; blocks of {Texts.Size(report.BlockBytes)}";
        if (report.LoadSimulations.Any(simulation => simulation.RatePerS is not null))
            yield return $"arrivals were handed out {Texts.Time(report.LagP99Us)} late (p99; at most {Texts.Time(report.LagMaxUs)}); latencies contain that";
    }

    private static void AddTable(StringBuilder text, ReportTable table)
    {
        var rows = table.Rows.Select(row => row.Select(Cell).ToArray()).ToList();
        var widths = table.Heads.Select((head, column) => Math.Max(head.Length, rows.Max(row => row[column].Length))).ToArray();
        AddRow(text, table.Heads, table.Heads, widths);
        text.Append('|');
        for (var column = 0; column < widths.Length; column++)
            text.Append(ReportTable.IsText(table.Heads[column]) ? ":" : "-").Append('-', widths[column]).Append(ReportTable.IsText(table.Heads[column]) ? "-|" : ":|");
        text.Append('\n');
        foreach (var row in rows)
            AddRow(text, table.Heads, row, widths);
        text.Append('\n');
    }

    private static void AddRow(StringBuilder text, IReadOnlyList<string> heads, IReadOnlyList<string> row, int[] widths)
    {
        text.Append('|');
        for (var column = 0; column < widths.Length; column++)
            text.Append(' ').Append(ReportTable.IsText(heads[column]) ? row[column].PadRight(widths[column]) : row[column].PadLeft(widths[column])).Append(" |");
        text.Append('\n');
    }

    /// <summary>One line, and nothing in it that ends a cell.</summary>
    private static string Cell(string message)
    {
        var line = message.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);
        return line.Length <= MessageLengthMax ? line : $"{line[..(MessageLengthMax - 1)]}…";
    }
}
