using Cascade.Core.Fabric;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Tiers.Fabric;
using Cascade.Tiers.Payload;

namespace Cascade.Tiers.Remote;

/// <summary>Pulls leased copies of other nodes into room here, and holds them against their ids. Thread-safe.</summary>
internal sealed class CopyPuller(FabricRouter router, IPullSpace? space, DigestAlgorithm algorithm)
{
    /// <summary>Room that holds the block; any other end has given the room back.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled; the room was given back.</exception>
    public async Task<PulledCopy> PullAsync(
        BlockId id, CopyLocation copy, bool check, TimeLimit limit, CancellationToken cancellation, RoomUse use = RoomUse.Store)
    {
        if (space is null)
            return new PulledCopy(PulledOutcome.Failed, Reason: $"{copy.Node} runs on another machine, and there is no room here to pull its blocks into.");
        var answer = await space.TakeAsync(copy.LengthBytes, limit.Left, use, cancellation);
        if (answer is not PulledRoom room)
            return WhyNoRoom(answer);
        var kept = false;
        try
        {
            var pulled = await FillAsync(room, id, copy, check, limit, cancellation);
            kept = pulled.Outcome == PulledOutcome.Done;
            return pulled;
        }
        finally
        {
            if (!kept)
                room.GiveBack();
        }
    }

    private async Task<PulledCopy> FillAsync(
        PulledRoom room, BlockId id, CopyLocation copy, bool check, TimeLimit limit, CancellationToken cancellation)
    {
        var left = limit.Left;
        if (left == TimeSpan.Zero)
            return new PulledCopy(PulledOutcome.Busy, Reason: "The deadline passed while room was waited for.");
        var result = await router.PullAsync(PullRequest.Whole(id, copy, room.Address, room.Owner, left, check), cancellation);
        switch (result.Outcome)
        {
            case PullOutcome.Done when !check || Matches(room, id, copy, result.Digest):
                return new PulledCopy(PulledOutcome.Done, room);
            case PullOutcome.Done:
                return new PulledCopy(PulledOutcome.Corrupt, Reason: $"what came from {copy.Node} is not the block");
            case PullOutcome.Stale:
                return new PulledCopy(PulledOutcome.Gone, Reason: result.Reason);
            case PullOutcome.Busy:
                return new PulledCopy(PulledOutcome.Busy, Reason: result.Reason);
            case PullOutcome.Cancelled:
                cancellation.ThrowIfCancellationRequested();
                break;
        }

        return new PulledCopy(PulledOutcome.Failed, Reason: result.Reason);
    }

    private unsafe bool Matches(PulledRoom room, BlockId id, in CopyLocation copy, BlockId? digest)
    {
        if (digest is { } known)
            return known == id;
        var matches = BlockVerifier.Matches(algorithm, (byte*)room.Address, copy.LengthBytes, id);
        GC.KeepAlive(room.Owner);
        return matches;
    }

    private static PulledCopy WhyNoRoom(object answer) => answer switch
    {
        Busy busy => new PulledCopy(PulledOutcome.Busy, Reason: busy.Reason),
        Refused refused => new PulledCopy(PulledOutcome.Failed, Reason: refused.Reason),
        Unavailable unavailable => new PulledCopy(PulledOutcome.Failed, Reason: unavailable.Reason),
        _ => new PulledCopy(PulledOutcome.Failed, Reason: $"the memory tier answered {answer.GetType().Name}"),
    };
}

/// <summary>How a pull into room here ended.</summary>
internal enum PulledOutcome
{
    Done = 0,
    Gone,
    Corrupt,
    Busy,
    Failed,
}

/// <summary>What came of a pull into room here.</summary>
internal readonly record struct PulledCopy(PulledOutcome Outcome, PulledRoom? Room = null, string? Reason = null);
