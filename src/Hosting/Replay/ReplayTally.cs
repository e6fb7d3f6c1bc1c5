using Cascade.Core.Identity;

namespace Cascade.Hosting.Replay;

/// <summary>What a replay counts. One writer at a time.</summary>
internal sealed class ReplayTally
{
    /// <summary>How many reasons of errors are kept; the rest is only counted.</summary>
    public const int ReasonsMax = 5;

    private const string OtherReasons = "other reasons";

    private readonly long[] _hits = new long[Enum.GetValues<TierKind>().Length];
    private readonly List<(string Reason, long Count)> _reasons = [];

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

    /// <summary>Errors that an outage explains: the cluster did not answer, or had no room, in time, or a lease ended with who gave it.</summary>
    public long Outages { get; private set; }

    /// <summary>The first few different reasons of errors.</summary>
    public IReadOnlyList<string> Reasons => [.. _reasons.Select(static reason => reason.Reason)];

    /// <summary>How often each of the first few reasons was given, and all others together.</summary>
    public IReadOnlyDictionary<string, long> ErrorsByReason
    {
        get
        {
            var errors = _reasons.ToDictionary(static reason => reason.Reason, static reason => reason.Count);
            var others = Errors - errors.Values.Sum();
            if (others > 0)
                errors.Add(OtherReasons, others);
            return errors;
        }
    }

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
    /// <param name="reason">The reason, for a person.</param>
    /// <param name="isOutage">Whether it is one that the loss of a node explains.</param>
    public void Error(string reason, bool isOutage = false)
    {
        Errors++;
        Outages += isOutage ? 1 : 0;
        var index = _reasons.FindIndex(known => known.Reason == reason);
        if (index >= 0)
            _reasons[index] = (reason, _reasons[index].Count + 1);
        else if (_reasons.Count < ReasonsMax)
            _reasons.Add((reason, 1));
    }
}
