using System.Text.Json;
using Cascade.LoadTests.Engine;
using Cascade.LoadTests.Scenarios;

namespace Cascade.LoadTests.Reports;

/// <summary>Makes the report of a run.</summary>
internal static class ReportBuilder
{
    private const int BarsPerDoubling = 4;

    /// <summary>Puts what was run beside what came of it.</summary>
    public static LoadReport Build(RunResult result, ScenarioKind kind, ScenarioSizes sizes)
    {
        var (stats, lag) = (result.Stats, result.Stats.Lag.Snapshot());
        var seconds = result.Measured.TotalSeconds;
        return new LoadReport
        {
            Scenario = result.Scenario.Name,
            LoadSimulations = [.. result.Scenario.LoadSimulations.Select(Of)],
            Nodes = sizes.Nodes,
            CapacityBytes = sizes.CapacityBytes,
            BlockBytes = sizes.BlockBytes,
            WritesPercent = kind.WritesPercent is null ? null : sizes.WritesPercent,
            Seed = sizes.Seed,
            WarmUpS = result.Scenario.WarmUp.TotalSeconds,
            MeasuredS = Math.Round(seconds, 3),
            Complete = result.IsComplete,
            WrongBytes = stats.WrongBytes,
            WrongBlocks = stats.WrongBlocks,
            CheckedBlocks = stats.CheckedBlocks,
            CheckedBytes = stats.CheckedBytes,
            Overruns = stats.Overruns,
            LagP99Us = Us(lag.Percentile(9_900)),
            LagMaxUs = Us(lag.MaxNanoseconds),
            Events = [.. result.Events.Select(e => new EventReport(e.Name, Math.Round(e.AtSeconds, 3), Math.Round(e.TookSeconds, 3)))],
            Steps = [.. stats.Steps.Append(stats.Whole).Select(step => Of(step.Snapshot(), seconds))],
            Timeline = [.. result.Timeline.Select(Of)],
        };
    }

    private static SimulationReport Of(LoadSimulation simulation) => new(
        JsonNamingPolicy.SnakeCaseLower.ConvertName(simulation.Kind.ToString()),
        simulation.IsOpen ? simulation.Target : null,
        simulation.IsOpen ? null : (int)simulation.Target,
        simulation.During.TotalSeconds);

    private static StepReport Of(StepSnapshot step, double seconds)
    {
        var latency = HistogramSummary.Of(step.Latency);
        return new StepReport
        {
            Step = step.Name,
            Count = step.Ok + step.Errors,
            Ok = step.Ok,
            Errors = step.Errors,
            OkPerS = Rate(step.Ok, seconds),
            Bytes = step.Bytes,
            BytesPerS = Rate(step.Bytes, seconds),
            Latency = new LatencyReport(
                Us(latency.P50), Us(latency.P75), Us(latency.P95), Us(latency.P99), Us(latency.P999), Us(latency.Max)),
            Statuses = [.. step.Statuses.Where(status => !status.IsError).Select(status => new StatusReport(status.Code, status.Count))],
            ErrorReasons = [.. step.Statuses.Where(status => status.IsError).Select(status => new ErrorReport(status.Code, status.Count, status.Message))],
            Histogram = [.. step.Latency.Coarse(BarsPerDoubling).Select(bar => new BarReport(Us(bar.UpToNanoseconds), bar.Count))],
        };
    }

    private static PointReport Of(TimelinePoint point) => new(
        point.Step,
        Math.Round(point.AtSeconds, 3),
        Rate(point.Latency.Count, point.OverSeconds),
        Rate(point.Bytes, point.OverSeconds),
        Rate(point.Errors, point.OverSeconds),
        Us(point.Latency.P50),
        Us(point.Latency.P95),
        Us(point.Latency.P99),
        Us(point.Latency.Max));

    private static double Rate(long amount, double seconds) => seconds > 0 ? Math.Round(amount / seconds, 1) : 0;

    private static double Us(long nanoseconds) => Math.Round(nanoseconds / 1e3, 2);
}
