using System.Globalization;
using Cascade.Hosting.Cli;

namespace Cascade.Hosting.Replay;

/// <summary>One replay against a running cache: shows progress, measures, and makes the report.</summary>
internal static class ReplaySession
{
    /// <summary>Replays the requests.</summary>
    /// <param name="target">What takes the requests.</param>
    /// <param name="requests">What to replay.</param>
    /// <param name="total">How many requests that will be; 0 when it is not known.</param>
    /// <param name="bytesPerBlock">Size of every block.</param>
    /// <param name="console">Where to show progress and tell reasons of errors.</param>
    /// <param name="cancellationToken">Stops early; the report is made all the same.</param>
    /// <returns>The report, and whether all requests were carried out.</returns>
    public static async Task<(ReplayReport Report, bool IsComplete)> RunAsync(
        ReplayTarget target,
        IEnumerable<TraceRequest> requests,
        long total,
        int bytesPerBlock,
        CliConsole console,
        CancellationToken cancellationToken)
    {
        using var runner = new ReplayRunner(target.Hosts, bytesPerBlock, console.Time);
        var tally = runner.Tally;

        // Not to be interrupted: an interrupt at any moment ends in a report.
        var before = await target.FiguresAsync();
        var pageCacheBefore = PageCacheMeter.ReadBytes();
        var start = console.Time.GetTimestamp();
        var isComplete = false;
        target.Killer?.Start(cancellationToken);
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
        await EndKillsAsync(target, tally);
        var node = await FiguresAfterAsync(target, before, tally);
        foreach (var reason in tally.Reasons)
            console.Say($"error: {reason}");
        var report = ReplayReport.Of(tally, node, pageCacheGrowth, elapsed);
        if (target.Nodes is { } nodes)
            report = report with { Nodes = nodes, Kills = target.Killer?.Kills ?? 0, ErrorsByReason = tally.ErrorsByReason };
        else if (await target.PulledBytesAsync() is { Count: > 0 } pulled)
            report = report with { PulledBytes = pulled };
        return (report, isComplete);
    }

    /// <summary>A node that does not come back, or ends unasked, is an error of the replay that no kill explains.</summary>
    private static async Task EndKillsAsync(ReplayTarget target, ReplayTally tally)
    {
        if (target.Killer is { } killer)
            await killer.StopAsync();
        foreach (var problem in target.Problems())
            tally.Error(problem);
    }

    private static async Task<NodeFigures> FiguresAfterAsync(ReplayTarget target, NodeFigures before, ReplayTally tally)
    {
        try
        {
            return (await target.FiguresAsync()).Since(before);
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
