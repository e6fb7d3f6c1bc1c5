using System.Net;
using System.Text;
using Cascade.LoadTests.Engine;

namespace Cascade.LoadTests.Reports;

/// <summary>The report as one HTML file that needs nothing else: well-formed as XML, plots as SVG, for light and dark screens.</summary>
internal static class HtmlReport
{
    /// <summary>The colours are those of Okabe and Ito (2008), told apart by the colour-blind too; lighter ones on dark.</summary>
    private const string Style = """
        :root { color-scheme: light dark; --page: #fbfbfa; --card: #ffffff; --ink: #1d2430; --soft: #5b6675; --rule: #e1e5ea; --good: #00734f; --bad: #b93a00;
          --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #a8528a; --c4: #8a6d00; --c5: #2f8fc7; }
        @media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1a2028; --ink: #e6eaf0; --soft: #9aa6b5; --rule: #2e3743; --good: #3ecf9d; --bad: #ff8a4d;
          --c0: #56b4e9; --c1: #f28e3c; --c2: #2fc79b; --c3: #e08fc0; --c4: #f0e442; --c5: #9fd3f5; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 62rem; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.6rem; margin: 0 0 .75rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
        .verdict { display: inline-block; padding: .3rem .8rem; border-radius: 1rem; border: 1px solid; font-weight: 600; }
        .good { color: var(--good); } .bad { color: var(--bad); }
        ul { padding-left: 1.1rem; color: var(--soft); } li { margin: .15rem 0; }
        .card { background: var(--card); border: 1px solid var(--rule); border-radius: .6rem; padding: .75rem 1rem; overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th { color: var(--soft); font-weight: 500; } th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--rule); white-space: nowrap; }
        th.t, td.t { text-align: left; } td.m { white-space: normal; } tr:last-child td { border-bottom: 0; }
        .legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; color: var(--soft); font-size: .85rem; margin-bottom: .25rem; }
        .legend i { display: inline-block; width: .8rem; height: .8rem; border-radius: .2rem; margin-right: .4rem; vertical-align: -.08rem; }
        svg { display: block; width: 100%; height: auto; } svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
        .grid { stroke: var(--rule); } .mark { stroke: var(--bad); stroke-dasharray: 4 3; } polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
        polyline.s0 { stroke: var(--c0); } polyline.s1 { stroke: var(--c1); } polyline.s2 { stroke: var(--c2); }
        polyline.s3 { stroke: var(--c3); } polyline.s4 { stroke: var(--c4); } polyline.s5 { stroke: var(--c5); }
        circle.s0, rect.s0 { fill: var(--c0); } circle.s1 { fill: var(--c1); } circle.s2 { fill: var(--c2); }
        circle.s3 { fill: var(--c3); } circle.s4 { fill: var(--c4); } circle.s5 { fill: var(--c5); }
        i.s0 { background: var(--c0); } i.s1 { background: var(--c1); } i.s2 { background: var(--c2); }
        i.s3 { background: var(--c3); } i.s4 { background: var(--c4); } i.s5 { background: var(--c5); }
        """;

    private const int Colours = 6;

    /// <summary>Writes it.</summary>
    public static string Write(LoadReport report)
    {
        var html = new StringBuilder();
        html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
        html.Append($"<title>Load: {E(report.Scenario)}</title>\n<style>\n{Style}\n</style></head>\n<body>\n<h1>Load: {E(report.Scenario)}</h1>\n");
        AddSummary(html, report);
        var tables = ReportTable.Of(report).ToList();
        AddTable(html, tables[0]);
        AddPlots(html, report);
        foreach (var table in tables.Skip(1))
            AddTable(html, table);
        return html.Append("</body>\n</html>\n").ToString();
    }

    private static void AddSummary(StringBuilder html, LoadReport report)
    {
        var lines = MarkdownReport.Summary(report).Select(line => line.Replace("**", "", StringComparison.Ordinal)).ToList();
        var isGood = report.WrongBytes == 0 && report.Complete;
        html.Append($"<p class=\"verdict {(isGood ? "good" : "bad")}\">{E(lines[0])}</p>\n<ul>\n");
        foreach (var line in lines.Skip(1))
            html.Append($"<li>{E(line)}</li>\n");
        html.Append("</ul>\n");
    }

    private static void AddPlots(StringBuilder html, LoadReport report)
    {
        var marks = report.Events.Select(e => (e.AtS, e.Name)).ToList();
        var series = report.Timeline.GroupBy(point => point.Step)
            .OrderBy(group => group.Key == ScenarioStats.WholeName).ThenBy(group => group.Key, StringComparer.Ordinal).ToList();

        List<PlotLine> throughput = [.. series.Where(group => group.Key != ScenarioStats.WholeName)
            .Select((group, i) => Line(group.Key, i, group, point => point.OkPerS))];
        if (report.Steps.Any(step => step.Errors > 0) && series.Count > 0)
            throughput.Add(Line("errors", Colours - 1, series[^1], point => point.ErrorsPerS));
        AddPlot(html, "Good answers a second", throughput, new SvgPlot("Good answers a second over time", false, Texts.Number).Lines(throughput, marks));

        List<PlotLine> bytes = [.. series.Where(group => group.Key != ScenarioStats.WholeName)
            .Select((group, i) => Line(group.Key, i, group, point => point.BytesPerS))];
        AddPlot(html, "Bytes a second", bytes, new SvgPlot("Bytes a second over time", false, Texts.Size, thousand: 1_024).Lines(bytes, marks));

        foreach (var group in series)
        {
            List<PlotLine> lines = [
                Line("p50", 0, group, point => point.P50Us), Line("p95", 2, group, point => point.P95Us),
                Line("p99", 1, group, point => point.P99Us), Line("max", 3, group, point => point.MaxUs)];
            AddPlot(html, $"Latency of {group.Key}", lines, new SvgPlot($"Latency percentiles of {group.Key} over time", true, Texts.Time).Lines(lines, marks));
        }

        foreach (var step in report.Steps.Where(step => step.Histogram.Count > 0))
        {
            var bars = step.Histogram.Select(bar => (Texts.Time(bar.UpToUs), (double)bar.Count)).ToList();
            AddPlot(html, $"Latencies of {step.Step}: how many answers", [], new SvgPlot($"Histogram of latencies of {step.Step}", true, Texts.Number).Bars(bars));
        }
    }

    private static PlotLine Line(string name, int colour, IEnumerable<PointReport> points, Func<PointReport, double> value) =>
        new(name, $"s{colour % Colours}", [.. points.Select(point => (point.AtS, value(point)))]);

    private static void AddPlot(StringBuilder html, string title, List<PlotLine> lines, string svg)
    {
        html.Append($"<h2>{E(title)}</h2>\n<div class=\"card\">\n");
        if (lines.Count > 0)
        {
            html.Append("<div class=\"legend\">");
            foreach (var line in lines)
                html.Append($"<span><i class=\"{line.Class}\"></i>{E(line.Name)}</span>");
            html.Append("</div>\n");
        }

        html.Append(svg).Append("</div>\n");
    }

    private static void AddTable(StringBuilder html, ReportTable table)
    {
        html.Append($"<h2>{E(table.Title)}</h2>\n<div class=\"card\"><table>\n<thead><tr>");
        foreach (var head in table.Heads)
            html.Append($"<th{ClassOf(head)}>{E(head)}</th>");
        html.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in table.Rows)
        {
            html.Append("<tr>");
            for (var column = 0; column < row.Count; column++)
                html.Append($"<td{ClassOf(table.Heads[column])}>{E(row[column])}</td>");
            html.Append("</tr>\n");
        }

        html.Append("</tbody>\n</table></div>\n");
    }

    private static string ClassOf(string head) => head == "first message" ? " class=\"t m\"" : ReportTable.IsText(head) ? " class=\"t\"" : "";

    /// <summary>Characters that XML cannot hold are left out: a message may contain any.</summary>
    private static string E(string text) => WebUtility.HtmlEncode(string.Concat(text.Where(System.Xml.XmlConvert.IsXmlChar)));
}
