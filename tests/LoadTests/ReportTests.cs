using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using Cascade.LoadTests.Engine;
using Cascade.LoadTests.Reports;
using Cascade.LoadTests.Scenarios;

namespace Cascade.LoadTests.Tests;

public sealed class ReportTests
{
    private const string NastyMessage = "<script src=\"http://example.invalid/x\"> & a | b\nsecond \u0001 line";

    private static readonly TimeSpan Second = VirtualLoad.Second;

    [Fact]
    public void Json_has_its_names_with_units_and_the_figures()
    {
        using var document = JsonDocument.Parse(JsonReport.Write(Report()));
        var root = document.RootElement;
        Assert.Equal(
            "scenario load_simulations nodes capacity_bytes block_bytes writes_percent seed warm_up_s measured_s complete wrong_bytes wrong_blocks "
            + "checked_blocks checked_bytes overruns lag_p99_us lag_max_us events steps timeline",
            Names(root));
        Assert.Equal("kind rate_per_s copies during_s", Names(root.GetProperty("load_simulations")[0]));
        Assert.Equal("ramping_inject", root.GetProperty("load_simulations")[0].GetProperty("kind").GetString());
        Assert.Equal("name at_s took_s", Names(root.GetProperty("events")[0]));

        var step = root.GetProperty("steps")[0];
        Assert.Equal("step count ok errors ok_per_s bytes bytes_per_s latency statuses error_reasons histogram", Names(step));
        Assert.Equal("p50_us p75_us p95_us p99_us p999_us max_us", Names(step.GetProperty("latency")));
        Assert.Equal("step at_s ok_per_s bytes_per_s errors_per_s p50_us p95_us p99_us max_us", Names(root.GetProperty("timeline")[0]));
        Assert.Equal("reason count message", Names(step.GetProperty("error_reasons")[0]));
        Assert.Equal("status count", Names(step.GetProperty("statuses")[0]));
        Assert.Equal("up_to_us count", Names(step.GetProperty("histogram")[0]));

        Assert.Equal(("read", 30, 20), (step.GetProperty("step").GetString(), step.GetProperty("count").GetInt32(), step.GetProperty("ok").GetInt32()));
        Assert.Equal(10_000, step.GetProperty("latency").GetProperty("max_us").GetDouble());
        Assert.Equal(10, step.GetProperty("ok_per_s").GetDouble());
        Assert.Equal("scenario", root.GetProperty("steps")[1].GetProperty("step").GetString());
    }

    [Fact]
    public void Html_is_well_formed_and_needs_nothing_from_anywhere()
    {
        var html = HtmlReport.Write(Report());
        using var reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        var page = XDocument.Load(reader);
        Assert.DoesNotContain(page.Descendants(), element => element.Name.LocalName is "script" or "link" or "img" or "iframe" or "object");
        Assert.DoesNotContain(page.Descendants().Attributes(), attribute => attribute.Name.LocalName is "src" or "href");
        Assert.DoesNotContain("url(", html, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", html, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", html, StringComparison.Ordinal);

        // Two of throughput, then latency over time and a histogram for the step and for the whole.
        Assert.Equal(6, page.Descendants("svg").Count());
        Assert.Equal(["kill", "restart"], page.Descendants("svg").First().Descendants("text").Select(text => text.Value).Where(text => text is "kill" or "restart"));
        Assert.All(
            page.Descendants("circle").Attributes("cy").Concat(page.Descendants("rect").Attributes("y")),
            y => Assert.InRange((double)y, 0, 300));
    }

    [Fact]
    public void Markdown_tables_have_equal_rows_whatever_a_message_holds()
    {
        var text = MarkdownReport.Write(Report());
        Assert.Contains("wrong bytes: **0**", text, StringComparison.Ordinal);
        Assert.Contains("a & a \\| b second", text.Replace("<script src=\"http://example.invalid/x\"> &", "a &", StringComparison.Ordinal), StringComparison.Ordinal);
        foreach (var table in text.Split("\n\n").Where(part => part.StartsWith('|')))
            Assert.Single(table.TrimEnd('\n').Split('\n').Select(row => row.Replace("\\|", "", StringComparison.Ordinal).Count(c => c == '|')).Distinct());
    }

    [Fact]
    public void Wrong_bytes_come_first_in_every_report()
    {
        var report = Report() with { WrongBytes = 12, WrongBlocks = 3, CheckedBlocks = 40 };
        Assert.StartsWith("# Load: demo\n\n- WRONG BYTES: **12** in 3 of 40 blocks compared\n", MarkdownReport.Write(report), StringComparison.Ordinal);
        Assert.Contains("<p class=\"verdict bad\">WRONG BYTES: 12 in 3 of 40 blocks compared</p>", HtmlReport.Write(report), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_without_an_answer_still_gives_all_reports()
    {
        var result = new VirtualLoad().Run(
            Scenario.Create("none", _ => Task.FromResult(Response.Fail("busy"))).WithLoadSimulations(Simulation.Inject(1, Second, Second)));
        var report = ReportBuilder.Build(result, Kind, Sizes);
        Assert.Contains("busy", MarkdownReport.Write(report), StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", HtmlReport.Write(report), StringComparison.Ordinal);
        Assert.DoesNotContain("∞", HtmlReport.Write(report), StringComparison.Ordinal);
    }

    private static ScenarioKind Kind { get; } = new() { Name = "demo", Description = "", Create = null!, WritesPercent = 5 };

    private static ScenarioSizes Sizes { get; } = new(4_096, 1 << 20, 1, 5, 1);

    private static LoadReport Report()
    {
        var load = new VirtualLoad();
        var runs = 0;
        var scenario = Scenario.Create("demo", context => Step.Run("read", context, async () =>
        {
            await load.Take(TimeSpan.FromMilliseconds(10));
            return ++runs % 3 == 0 ? Response.Fail("busy", NastyMessage) : Response.Ok("hit", 4_096);
        })).WithEvents(
            new TimedEvent(0.25, "kill", target => target.KillAsync(0)), new TimedEvent(0.5, "restart", target => target.RestartAsync(0)));
        return ReportBuilder.Build(load.Run(scenario.WithLoadSimulations(Simulation.RampingInject(30, Second, Second * 2))), Kind, Sizes);
    }

    private static string Names(JsonElement element) => string.Join(' ', element.EnumerateObject().Select(property => property.Name));
}
