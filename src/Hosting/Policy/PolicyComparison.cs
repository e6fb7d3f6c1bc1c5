using Cascade.Core.Eviction.Trials;

namespace Cascade.Hosting.Policy;

/// <summary>What one policy made of a trace at one capacity.</summary>
/// <param name="BlockHitRatio">Blocks that were there, for a block asked for.</param>
/// <param name="PrefixHitRatio">Blocks that were there with all before them in the request: the share of tokens saved.</param>
/// <param name="NsPerAccess">Time a block asked for took, in nanoseconds.</param>
internal readonly record struct PolicyFigures(double BlockHitRatio, double PrefixHitRatio, double NsPerAccess);

/// <summary>What all policies made of a trace at one capacity.</summary>
/// <param name="Capacity">Blocks that the cache holds.</param>
/// <param name="Policies">By their names.</param>
internal sealed record CapacityFigures(int Capacity, IReadOnlyDictionary<string, PolicyFigures> Policies);

/// <summary>Tries policies on a trace, one after the other.</summary>
/// <param name="trace">What is asked for.</param>
/// <param name="policies">What is tried.</param>
/// <param name="time">Measures their cost.</param>
internal sealed class PolicyComparison(AccessTrace trace, IReadOnlyList<ComparedPolicy> policies, TimeProvider time)
{
    private const int Digits = 6;
    private const int ReportedRequests = 64;
    private const int WarmUpRequests = 20_000;
    private const int WarmUpBlocks = 500;
    private const int WarmUpRounds = 10;

    /// <summary>Accesses that trying one capacity takes.</summary>
    public long AccessesPerCapacity => (long)trace.Accesses * policies.Count;

    /// <summary>Tries all policies at a capacity.</summary>
    /// <param name="capacity">Blocks: at least 1.</param>
    /// <param name="report">Told the accesses done at this capacity, now and then.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public CapacityFigures Run(int capacity, Action<long> report, CancellationToken cancellationToken)
    {
        var figures = new Dictionary<string, PolicyFigures>();
        long done = 0;
        foreach (var policy in policies)
        {
            using var cache = policy.Make(trace, capacity);
            var requests = 0;
            var start = time.GetTimestamp();
            var result = TrialResult.Of(cache, trace, accesses =>
            {
                if (++requests % ReportedRequests != 0)
                    return;
                cancellationToken.ThrowIfCancellationRequested();
                report(done + accesses);
            });
            var elapsed = time.GetElapsedTime(start);
            done += trace.Accesses;
            figures[policy.Name] = new PolicyFigures(
                Math.Round(result.BlockHitRatio, Digits),
                Math.Round(result.PrefixHitRatio, Digits),
                Math.Round(elapsed.TotalNanoseconds / Math.Max(1, trace.Accesses), 1));
        }
        return new CapacityFigures(capacity, figures);
    }

    /// <summary>Has the code of all policies compiled to its last stage, so that the first one's time is its own.</summary>
    public static void WarmUp(IReadOnlyList<ComparedPolicy> policies, CancellationToken cancellationToken)
    {
        var trace = TraceKinds.Zipf(new TraceGenerator(1), WarmUpRequests, WarmUpBlocks);
        for (var round = 0; round < WarmUpRounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var policy in policies)
            {
                using var cache = policy.Make(trace, WarmUpBlocks / 8);
                TrialResult.Of(cache, trace);
            }
        }
    }
}
