using Cascade.Hosting.Cli;
using Spectre.Console;
using static Cascade.Hosting.Cli.HumanText;

namespace Cascade.Hosting.Replay;

/// <summary>The outcome of a replay as a person reads it.</summary>
internal static class ReplayTable
{
    /// <summary>One line a figure, in the order of the JSON document.</summary>
    public static Table Of(ReplayReport report) => TableOutput.OfValues(
    [
        ("requests", Count(report.Requests)),
        ("blocks asked", Count(report.BlocksAsked)),
        ("  hits in GPU memory", Count(report.Hits.Gpu)),
        ("  hits in shared memory", Count(report.Hits.Shm)),
        ("  hits on other nodes", Count(report.Hits.Remote)),
        ("  hits in the cold tier", Count(report.Hits.Cold)),
        ("  misses", Count(report.Misses)),
        ("hit ratio", Percent(report.HitRatio)),
        ("blocks put", Count(report.BlocksPut)),
        ("  there already", Count(report.DedupHits)),
        ("evicted", Count(report.Evicted)),
        ("demoted", Count(report.Demoted)),
        ("promoted", Count(report.Promoted)),
        ("wrong bytes", Count(report.WrongBytes)),
        ("errors", Count(report.Errors)),
        .. report.ErrorsByReason?.Select(static error => ($"  {error.Key}", Count(error.Value))) ?? [],
        ("put, hashing in it", Quantity(report.PutGbps, "GB/s")),
        ("get, every byte compared", Quantity(report.GetGbps, "GB/s")),
        ("get latency p50", Quantity(report.GetP50Us, "us")),
        ("get latency p99", Quantity(report.GetP99Us, "us")),
        ("page cache growth", report.PageCacheGrowthBytes is { } bytes ? Size(bytes) : "not known here"),
        .. report.Nodes is { } nodes ? [("nodes", Count(nodes)), ("  killed", Count(report.Kills ?? 0))] : Array.Empty<(string, string)>(),
        .. report.PulledBytes?.Select(static pulled => ($"pulled by {pulled.Key}", Size(pulled.Value))) ?? [],
        ("time", Quantity(report.Seconds, "s")),
    ]);
}
