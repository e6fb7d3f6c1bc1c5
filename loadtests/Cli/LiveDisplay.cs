using System.Globalization;
using Cascade.LoadTests.Engine;
using Cascade.LoadTests.Reports;
using Spectre.Console;

namespace Cascade.LoadTests.Cli;

/// <summary>Shows a load as it runs: a table on a terminal, else a line an interval. Speaks to the error stream; one thread at a time.</summary>
internal abstract class LiveDisplay
{
    /// <summary>The display that suits where talk goes; none for <paramref name="isQuiet"/>.</summary>
    public static LiveDisplay For(bool isQuiet, TextWriter error, string scenario, TimeSpan duration)
    {
        if (isQuiet)
            return new Silence();
        var isTerminal = ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected;
        return isTerminal ? new LiveTable(error, scenario, duration) : new Lines(error);
    }

    /// <summary>Says what is being done.</summary>
    public abstract void Stage(string what);

    /// <summary>Shows an interval.</summary>
    public abstract void Interval(IReadOnlyList<TimelinePoint> points, long wrongBytes);

    /// <summary>Runs the load with the display around it.</summary>
    public virtual Task<RunResult> AroundAsync(Func<Task<RunResult>> run) => run();

    private sealed class Silence : LiveDisplay
    {
        public override void Stage(string what)
        {
            // Asked for nothing but the document.
        }

        public override void Interval(IReadOnlyList<TimelinePoint> points, long wrongBytes)
        {
            // As above.
        }
    }

    /// <summary>A line an interval, for a file or a pipe.</summary>
    private sealed class Lines(TextWriter output) : LiveDisplay
    {
        /// <inheritdoc/>
        public override void Stage(string what) => output.WriteLine($"load: {what}");

        /// <inheritdoc/>
        public override void Interval(IReadOnlyList<TimelinePoint> points, long wrongBytes)
        {
            var steps = points.Where(point => point.Step != ScenarioStats.WholeName).Select(point =>
                $"{point.Step} {Texts.Number(point.Latency.Count / point.OverSeconds)}/s p50 {Texts.Time(point.Latency.P50 / 1e3)} p99 {Texts.Time(point.Latency.P99 / 1e3)}");
            var errors = points.Sum(point => point.Step == ScenarioStats.WholeName ? point.Errors : 0);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"load: {points[0].AtSeconds:0.#} s: {string.Join("; ", steps)}; errors {errors}; wrong bytes {wrongBytes}"));
        }
    }

    /// <summary>A table that is drawn anew each interval, for a terminal.</summary>
    private sealed class LiveTable(TextWriter error, string scenario, TimeSpan duration) : LiveDisplay
    {
        private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        private readonly Table _table = MakeTable();
        private LiveDisplayContext? _shown;

        public override void Stage(string what)
        {
            _table.Title = new TableTitle(Markup.Escape($"{scenario}: {what}"));
            _shown?.Refresh();
        }

        public override void Interval(IReadOnlyList<TimelinePoint> points, long wrongBytes)
        {
            var verdict = wrongBytes == 0 ? "[green]0[/]" : $"[red bold]{Texts.Number(wrongBytes)}[/]";
            _table.Title = new TableTitle($"{Markup.Escape(scenario)}: {Texts.Number(points[0].AtSeconds)} of {Texts.Number(duration.TotalSeconds)} s; wrong bytes {verdict}");
            _table.Rows.Clear();
            foreach (var point in points)
            {
                var latency = point.Latency;
                var errors = Texts.Number(point.Errors / point.OverSeconds);
                _table.AddRow(
                    Markup.Escape(point.Step), Texts.Number(latency.Count / point.OverSeconds), Texts.Size(point.Bytes / point.OverSeconds),
                    point.Errors == 0 ? errors : $"[red]{errors}[/]", Texts.Time(latency.P50 / 1e3), Texts.Time(latency.P95 / 1e3),
                    Texts.Time(latency.P99 / 1e3), Texts.Time(latency.Max / 1e3));
            }

            _shown?.Refresh();
        }

        public override async Task<RunResult> AroundAsync(Func<Task<RunResult>> run) =>
            await _console.Live(_table).AutoClear(true).StartAsync(async shown =>
            {
                _shown = shown;
                return await run();
            });

        private static Table MakeTable()
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumn("step");
            foreach (var head in (string[])["ok/s", "bytes/s", "errors/s", "p50", "p95", "p99", "max"])
                table.AddColumn(new TableColumn(head).RightAligned());
            return table;
        }
    }
}
