using System.Globalization;
using Cascade.Hosting.Cli;

namespace Cascade.Hosting.Replay;

/// <summary>One replay against a running cache: shows progress, measures, and makes the report.</summary>
internal static class ReplaySession
{
    /// <summary>Replays the requests.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="requests">What to replay.</param>
    /// <param name="total">How many requests that will be; 0 when it is not known.</param>
    /// <param name="bytesPerBlock">Size of every block.</param>
    /// <param name="console">Where to show progress and tell reasons of errors.</param>
    /// <param name="cancellationToken">Stops early; the report is made all the same.</param>
    /// <returns>The report, and whether all requests were carried out.</returns>
    public static async Task<(ReplayReport Report, bool IsComplete)> RunAsync(
        ICascade cache,
        IEnumerable<TraceRequest> requests,
        long total,
        int bytesPerBlock,
        CliConsole console,
        CancellationToken cancellationToken)
    {
        using var runner = new ReplayRunner(cache, bytesPerBlock, console.Time);
        var tally = runner.Tally;

        // Not to be interrupted: an interrupt at any moment ends in a report.
        var before = NodeFigures.Of(await cache.StatAsync(CancellationToken.None));
        var pageCacheBefore = PageCacheMeter.ReadBytes();
        var start = console.Time.GetTimestamp();
        var isComplete = false;
        using (var progress = new ProgressReporter(console, "replay", HumanText.Count, () => Describe(tally)))
        {
            try
            {
                isComplete = await runner.RunAsync(requests, () => progress.Report((tally.Requests, total)), cancellationToken);
                if (!isComplete)
                    console.Say("gave up: nothing succeeds any more");
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                console.Say("interrupted: the report covers what was done until here");
            }
        }

        var elapsed = console.Time.GetElapsedTime(start);
        var pageCacheGrowth = PageCacheMeter.ReadBytes() - pageCacheBefore;
        var node = await FiguresAfterAsync(cache, before, tally);
        foreach (var reason in tally.Reasons)
            console.Say($"error: {reason}");
        return (ReplayReport.Of(tally, node, pageCacheGrowth, elapsed), isComplete);
    }

    private static async Task<NodeFigures> FiguresAfterAsync(ICascade cache, NodeFigures before, ReplayTally tally)
    {
        try
        {
            return NodeFigures.Of(await cache.StatAsync(CancellationToken.None)).Since(before);
        }
        catch (CascadeUnavailableException e)
        {
            tally.Error($"stat: {e.Message}");
            return default;
        }
    }

    private static string Describe(ReplayTally tally) => string.Create(
        CultureInfo.InvariantCulture,
        $"hits {HumanText.Percent(tally.HitRatio)}, get {tally.GetGbps:0.0} GB/s, put {tally.PutGbps:0.0} GB/s");
}
