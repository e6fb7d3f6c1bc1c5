namespace Cascade.LoadTests.Reports;

/// <summary>A table of a report, as text.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Heads">Heads of its columns.</param>
/// <param name="Rows">Its rows; may be none.</param>
internal sealed record ReportTable(string Title, IReadOnlyList<string> Heads, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>True for a column of words, which stand to the left.</summary>
    public static bool IsText(string head) => head is "step" or "answer" or "error" or "first message" or "event";

    /// <summary>All tables of a report that have rows.</summary>
    public static IEnumerable<ReportTable> Of(LoadReport report) =>
        ((ReportTable[])[Steps(report), Answers(report), Errors(report), Events(report)]).Where(table => table.Rows.Count > 0);

    private static ReportTable Steps(LoadReport report) => new(
        "Steps",
        ["step", "ok", "ok/s", "bytes/s", "errors", "p50", "p75", "p95", "p99", "p99.9", "max"],
        [.. report.Steps.Select(step => (string[])[
            step.Step, Texts.Number(step.Ok), Texts.Number(step.OkPerS), Texts.Size(step.BytesPerS), Texts.Number(step.Errors),
            Texts.Time(step.Latency.P50Us), Texts.Time(step.Latency.P75Us), Texts.Time(step.Latency.P95Us), Texts.Time(step.Latency.P99Us),
            Texts.Time(step.Latency.P999Us), Texts.Time(step.Latency.MaxUs)])]);

    private static ReportTable Answers(LoadReport report) => new(
        "Good answers",
        ["step", "answer", "count"],
        [.. report.Steps.SelectMany(step => step.Statuses.Select(status => (string[])[step.Step, status.Status, Texts.Number(status.Count)]))]);

    private static ReportTable Errors(LoadReport report) => new(
        "Errors",
        ["step", "error", "count", "first message"],
        [.. report.Steps.SelectMany(step => step.ErrorReasons.Select(
            error => (string[])[step.Step, error.Reason, Texts.Number(error.Count), error.Message]))]);

    private static ReportTable Events(LoadReport report) => new(
        "Events",
        ["event", "at", "took"],
        [.. report.Events.Select(e => (string[])[e.Name, $"{Texts.Number(e.AtS)} s", $"{Texts.Number(e.TookS)} s"])]);
}
