using Cascade.Core.Identity;

namespace Cascade.Core.Fabric;

/// <summary>The end of a pull.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Digest">
/// The id of the bytes in the target, when <see cref="PullRequest.WithDigest"/> was set and the fabric computes it on the way; else null,
/// and the caller computes it. It is of the bytes that were moved: whether they are the block's is for the caller to compare.
/// </param>
/// <param name="Reason">Why it did not go well, for people; null when it did.</param>
public readonly record struct PullResult(PullOutcome Outcome, BlockId? Digest = null, string? Reason = null)
{
    /// <summary>All bytes are there.</summary>
    public static readonly PullResult Done = new(PullOutcome.Done);

    /// <summary>The copy is gone.</summary>
    public static readonly PullResult Stale = new(PullOutcome.Stale, Reason: "the copy is gone from where it was");

    /// <summary>The time given was over.</summary>
    public static readonly PullResult TimedOut = new(PullOutcome.TimedOut, Reason: "the deadline passed");

    /// <summary>Too many pulls are in flight.</summary>
    public static readonly PullResult Busy = new(PullOutcome.Busy, Reason: "as many pulls are in flight as are allowed");

    /// <summary>The caller cancelled.</summary>
    public static readonly PullResult Cancelled = new(PullOutcome.Cancelled, Reason: "the caller cancelled");

    /// <summary>The peer cannot be read now.</summary>
    public static PullResult Unreachable(string reason) => new(PullOutcome.Unreachable, Reason: reason);
}
