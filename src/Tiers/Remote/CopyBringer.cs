using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Hashing;
using Cascade.Core.Messages;
using Cascade.Core.Remote;
using Cascade.Tiers.Fabric;

namespace Cascade.Tiers.Remote;

/// <summary>Carries out one transfer after another's decision: leases the copy at its holder, pulls it into the arena, checks and publishes it. Thread-safe.</summary>
internal sealed class CopyBringer(
    NodeRefs nodes, ArenaPullSpace space, FabricRouter router, SharedCopies? shared, DigestAlgorithm algorithm, TimeProvider time)
{
    // A copy that was pulled is published even when the deadline has just passed: all of its cost is paid.
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(10);

    // The holder's lease outlives the pull, whose deadline is a little later by the holder's clock.
    private static readonly TimeSpan LeaseSlack = TimeSpan.FromSeconds(5);

    private readonly HolderLink _link = new(nodes);
    private readonly CopyPuller _puller = new(router, space, algorithm);
    private long _corrupt;

    /// <summary>Copies whose bytes were not their block's.</summary>
    public long Corrupt => Volatile.Read(ref _corrupt);

    /// <summary>Brings a copy of another node here. The task does not fail.</summary>
    public async Task<CopyBrought> BringAsync(BringCopy request)
    {
        try
        {
            var limit = new TimeLimit(time, request.Timeout);
            if (nodes.View.Current.Members.Find(nodes.Self) is not { } self)
                return Failed(request, "this node is not in the cluster");
            if (shared is not null && await shared.TryReadAsync(request.Id, request.Source, UseOf(request), limit, CancellationToken.None) is { } room)
                return await PublishAsync(request, (ArenaPulledRoom)room);
            var answer = await _link.LeaseAsync(request.Id, request.Source, self.Life, limit.Left + LeaseSlack, limit, CancellationToken.None);
            if (answer is not CopyLeased lent)
                return WhyNotLent(request, answer);
            try
            {
                return await PullAsync(request, lent, limit);
            }
            finally
            {
                _link.Release(request.Source.Node, lent.Lease);
            }
        }
        catch (Exception failure)
        {
            // The promise of an answer holds even for a defect: others wait for the transfer's place.
            return Failed(request, failure.ToString());
        }
    }

    private static RoomUse UseOf(BringCopy request) => request.OnlySpareRoom ? RoomUse.Spare : RoomUse.Store;

    private async Task<CopyBrought> PullAsync(BringCopy request, CopyLeased lent, TimeLimit limit)
    {
        var pulled = await _puller.PullAsync(request.Id, lent.Copy, check: true, limit, CancellationToken.None, UseOf(request));
        switch (pulled.Outcome)
        {
            case PulledOutcome.Done:
                return await PublishAsync(request, (ArenaPulledRoom)pulled.Room!);
            case PulledOutcome.Gone:
                return new CopyBrought(request.Id, BringOutcome.Gone, Reason: pulled.Reason);
            case PulledOutcome.Busy:
                return new CopyBrought(request.Id, BringOutcome.Busy, Reason: pulled.Reason);
            case PulledOutcome.Corrupt:
                Interlocked.Increment(ref _corrupt);
                _link.ReportCorrupt(request.Id, lent.Copy);
                break;
        }

        return Failed(request, pulled.Reason);
    }

    private async Task<CopyBrought> PublishAsync(BringCopy request, ArenaPulledRoom room)
    {
        var reservation = room.HandOver();
        try
        {
            var publish = new Publish(reservation, request.Id, request.Binding, Announce: true, request.IsExtra);
            var answer = await space.Memory.Ask<object>(publish, PublishTimeout, CancellationToken.None);
            return answer is Published published
                ? new CopyBrought(request.Id, BringOutcome.Done, published.Copy)
                : Failed(request, $"the memory tier answered {answer.GetType().Name}");
        }
        catch (MailboxFullException e)
        {
            // The tier never got it: the room is still taken.
            space.Memory.Tell(new Cancel(reservation), ActorRefs.NoSender);
            return Failed(request, e.Message);
        }
    }

    private static CopyBrought WhyNotLent(BringCopy request, object answer) => answer switch
    {
        NotFound => new CopyBrought(request.Id, BringOutcome.Gone, Reason: "the source is gone"),
        Busy busy => new CopyBrought(request.Id, BringOutcome.Busy, Reason: busy.Reason),
        Unavailable unavailable => Failed(request, unavailable.Reason),
        Refused refused => Failed(request, refused.Reason),
        _ => Failed(request, $"the holder answered {answer.GetType().Name}"),
    };

    private static CopyBrought Failed(BringCopy request, string? reason) => new(request.Id, BringOutcome.Failed, Reason: reason);
}
