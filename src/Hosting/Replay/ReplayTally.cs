using Cascade.Core.Identity;

namespace Cascade.Hosting.Replay;

/// <summary>What a replay counts. One writer at a time.</summary>
internal sealed class ReplayTally
{
    /// <summary>How many reasons of errors are kept; the rest is only counted.</summary>
    public const int ReasonsMax = 5;

    private readonly long[] _hits = new long[Enum.GetValues<TierKind>().Length];
    private readonly List<string> _reasons = [];

    /// <summary>Requests done.</summary>
    public long Requests { get; set; }

    /// <summary>Blocks of their prompts: hits and misses.</summary>
    public long BlocksAsked { get; set; }

    /// <summary>Blocks that were read.</summary>
    public long Hits { get; private set; }

    /// <summary>Blocks that were not there, or could not be had.</summary>
    public long Misses => BlocksAsked - Hits;

    /// <summary>Puts that were acknowledged, <see cref="DedupHits"/> among them.</summary>
    public long BlocksPut { get; set; }

    /// <summary>Puts of bytes that were there already.</summary>
    public long DedupHits { get; set; }

    /// <summary>Bytes of hits that were not the ones put.</summary>
    public long WrongBytes { get; set; }

    /// <summary>Calls that ended in an exception, and blocks that were answered <c>Busy</c> or <c>Refused</c>.</summary>
    public long Errors { get; private set; }

    /// <summary>The first few different reasons of errors.</summary>
    public IReadOnlyList<string> Reasons => _reasons;

    /// <summary>Bytes of acknowledged puts.</summary>
    public long PutBytes { get; set; }

    /// <summary>Time inside <c>PutMany</c>.</summary>
    public long PutNanoseconds { get; set; }

    /// <summary>Bytes of hits.</summary>
    public long GetBytes { get; set; }

    /// <summary>Time inside <c>Get</c> and the comparison of its bytes.</summary>
    public long GetNanoseconds { get; set; }

    /// <summary>Durations of <c>Get</c> alone.</summary>
    public LatencyHistogram GetLatency { get; } = new();

    /// <summary>Share of the asked blocks that were read: 0 to 1.</summary>
    public double HitRatio => BlocksAsked == 0 ? 0 : (double)Hits / BlocksAsked;

    /// <summary>Speed of <c>PutMany</c>, in 10^9 bytes a second.</summary>
    public double PutGbps => PutNanoseconds > 0 ? (double)PutBytes / PutNanoseconds : 0;

    /// <summary>Speed of <c>Get</c> and the comparison, in 10^9 bytes a second.</summary>
    public double GetGbps => GetNanoseconds > 0 ? (double)GetBytes / GetNanoseconds : 0;

    /// <summary>Blocks that were read from a tier.</summary>
    public long HitsOf(TierKind tier) => _hits[(int)tier];

    /// <summary>Counts a block that was read.</summary>
    public void Hit(TierKind tier)
    {
        _hits[(int)tier]++;
        Hits++;
    }

    /// <summary>Counts an error; its reason is kept when it is one of the first.</summary>
    public void Error(string reason)
    {
        Errors++;
        if (_reasons.Count < ReasonsMax && !_reasons.Contains(reason))
            _reasons.Add(reason);
    }
}
