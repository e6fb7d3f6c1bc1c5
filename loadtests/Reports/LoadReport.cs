namespace Cascade.LoadTests.Reports;

/// <summary>What a load came to. The names, in snake_case, are those of the JSON report: they stay as they are; units are in the names.</summary>
internal sealed record LoadReport
{
    /// <summary>The scenario.</summary>
    public required string Scenario { get; init; }

    /// <summary>The load, one stretch after the other.</summary>
    public required IReadOnlyList<SimulationReport> LoadSimulations { get; init; }

    /// <summary>Nodes of the cluster.</summary>
    public required int Nodes { get; init; }

    /// <summary>Memory of each node.</summary>
    public required long CapacityBytes { get; init; }

    /// <summary>Length of a block.</summary>
    public required long BlockBytes { get; init; }

    /// <summary>Share of writes; null where the scenario has no such choice.</summary>
    public required int? WritesPercent { get; init; }

    /// <summary>Where all random numbers came from.</summary>
    public required int Seed { get; init; }

    /// <summary>Warm-up, whose results are not in this report.</summary>
    public required double WarmUpS { get; init; }

    /// <summary>Measured time: rates are over it.</summary>
    public required double MeasuredS { get; init; }

    /// <summary>False when it was interrupted, or runs gave no answer.</summary>
    public required bool Complete { get; init; }

    /// <summary>Bytes that were not what was put. Must be 0.</summary>
    public required long WrongBytes { get; init; }

    /// <summary>Blocks with a wrong byte.</summary>
    public required long WrongBlocks { get; init; }

    /// <summary>Blocks that were compared, wholly or in samples.</summary>
    public required long CheckedBlocks { get; init; }

    /// <summary>Bytes that were compared.</summary>
    public required long CheckedBytes { get; init; }

    /// <summary>Arrivals that were not begun because too many were under way; they are among the errors.</summary>
    public required long Overruns { get; init; }

    /// <summary>How late arrivals were handed out: the load's own inexactness, which latencies contain.</summary>
    public required double LagP99Us { get; init; }

    /// <summary>The latest of them.</summary>
    public required double LagMaxUs { get; init; }

    /// <summary>What was done to the target meanwhile.</summary>
    public required IReadOnlyList<EventReport> Events { get; init; }

    /// <summary>Steps by name, then the whole runs as "scenario".</summary>
    public required IReadOnlyList<StepReport> Steps { get; init; }

    /// <summary>Figures of equal intervals, in order of time.</summary>
    public required IReadOnlyList<PointReport> Timeline { get; init; }
}

/// <summary>One stretch of load; rate or copies is null.</summary>
internal sealed record SimulationReport(string Kind, double? RatePerS, int? Copies, double DuringS);

/// <summary>Something that was done to the target.</summary>
internal sealed record EventReport(string Name, double AtS, double TookS);

/// <summary>Times of good answers.</summary>
internal sealed record LatencyReport(double P50Us, double P75Us, double P95Us, double P99Us, double P999Us, double MaxUs);

/// <summary>How often a status was answered.</summary>
internal sealed record StatusReport(string Status, long Count);

/// <summary>How often something was not done, and the first message about it.</summary>
internal sealed record ErrorReport(string Reason, long Count, string Message);

/// <summary>Answers of up to a latency, down to that of the entry before.</summary>
internal sealed record BarReport(double UpToUs, long Count);

/// <summary>A step.</summary>
internal sealed record StepReport
{
    /// <summary>Its name.</summary>
    public required string Step { get; init; }

    /// <summary>Good answers and errors.</summary>
    public required long Count { get; init; }

    /// <summary>Good answers.</summary>
    public required long Ok { get; init; }

    /// <summary>Errors.</summary>
    public required long Errors { get; init; }

    /// <summary>Good answers a second.</summary>
    public required double OkPerS { get; init; }

    /// <summary>Bytes moved.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes moved a second.</summary>
    public required double BytesPerS { get; init; }

    /// <summary>Times of good answers; of a scenario's first step and of whole runs, from the moment for which the run was planned.</summary>
    public required LatencyReport Latency { get; init; }

    /// <summary>Good answers by status.</summary>
    public required IReadOnlyList<StatusReport> Statuses { get; init; }

    /// <summary>Errors by reason.</summary>
    public required IReadOnlyList<ErrorReport> ErrorReasons { get; init; }

    /// <summary>Latencies in four buckets a doubling.</summary>
    public required IReadOnlyList<BarReport> Histogram { get; init; }
}

/// <summary>A step in one interval.</summary>
internal sealed record PointReport(
    string Step, double AtS, double OkPerS, double BytesPerS, double ErrorsPerS, double P50Us, double P95Us, double P99Us, double MaxUs);
