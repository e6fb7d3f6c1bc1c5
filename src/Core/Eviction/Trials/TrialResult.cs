namespace Cascade.Core.Eviction.Trials;

/// <summary>What a cache made of a trace.</summary>
/// <param name="Accesses">Blocks that were asked for.</param>
/// <param name="Hits">Those that were there.</param>
/// <param name="PrefixHits">Those that were there with all before them in the request: what an engine need not compute again.</param>
public readonly record struct TrialResult(long Accesses, long Hits, long PrefixHits)
{
    /// <summary>Hits for an access: 0 to 1.</summary>
    public double BlockHitRatio => Accesses == 0 ? 0 : (double)Hits / Accesses;

    /// <summary>Prefix hits for an access: 0 to 1; the share of tokens saved.</summary>
    public double PrefixHitRatio => Accesses == 0 ? 0 : (double)PrefixHits / Accesses;

    /// <summary>Runs a whole trace.</summary>
    /// <param name="cache">An empty cache.</param>
    /// <param name="trace">What is asked for.</param>
    /// <param name="afterRequest">Called after each request with the accesses so far; it may throw to end the run. Null for nothing.</param>
    public static TrialResult Of(ICacheTrial cache, AccessTrace trace, Action<int>? afterRequest = null)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(trace);
        int accesses = 0, hits = 0, prefixHits = 0;
        for (var request = 0; request < trace.Requests; request++)
        {
            var parent = -1;
            var isPrefix = true;
            foreach (var block in trace.Request(request))
            {
                var isHit = cache.Access(block, parent);
                isPrefix &= isHit;
                parent = block;
                hits += isHit ? 1 : 0;
                prefixHits += isPrefix ? 1 : 0;
                accesses++;
            }
            afterRequest?.Invoke(accesses);
        }
        return new TrialResult(accesses, hits, prefixHits);
    }
}
