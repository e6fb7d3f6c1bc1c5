using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;

namespace Cascade.Tiers.Remote;

/// <summary>What a reader says to the remote tiers of the nodes that hold copies. Thread-safe.</summary>
internal sealed class HolderLink(NodeRefs nodes)
{
    // An answer that comes later than it was waited for names a lease all the same: it is listened for, to give that back.
    private static readonly TimeSpan LateAnswers = TimeSpan.FromSeconds(5);

    /// <summary>Asks for a lease. The answer is <see cref="CopyLeased"/> or why there is none; nothing but a cancellation is thrown.</summary>
    public async Task<object> LeaseAsync(
        BlockId id, CopyLocation copy, NodeLife reader, TimeSpan leaseFor, TimeLimit limit, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var left = limit.Left;
        if (left == TimeSpan.Zero)
            return new Busy("The deadline passed before the holder could be asked.");
        if (nodes.Of(copy.Node, NodePaths.RemoteTier) is not { } holder)
            return new Unavailable($"{copy.Node} is not in the cluster.");
        Task<object>? asked = null;
        try
        {
            asked = holder.Ask<object>(new LeaseCopy(id, copy, reader, leaseFor, left), left + LateAnswers, CancellationToken.None);
            var answer = await limit.WaitAsync(asked, cancellation);
            if (answer is not CopyLeased leased || IsOf(leased, id, copy))
                return answer;
            Release(copy.Node, leased.Lease);
            return new Unavailable($"{copy.Node} lent another copy than was asked for.");
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            _ = ReleaseLateAsync(copy.Node, asked);
            throw;
        }
        catch (TimeoutException) when (asked is { IsCompleted: false })
        {
            _ = ReleaseLateAsync(copy.Node, asked);
            return new Unavailable($"{copy.Node} did not answer in time.");
        }
        catch (Exception failure)
        {
            return new Unavailable($"{copy.Node} did not answer: {failure.Message}");
        }
    }

    /// <summary>Asks for more time; null when there was no answer.</summary>
    public async Task<object?> RenewAsync(NodeId holder, ulong lease, TimeSpan leaseFor, TimeSpan timeout)
    {
        try
        {
            return nodes.Of(holder, NodePaths.RemoteTier) is { } actor
                ? await actor.Ask<object>(new RenewCopy(lease, leaseFor), timeout, CancellationToken.None)
                : null;
        }
        catch (Exception)
        {
            // Whatever it is, the lease is not extended: it ends in its time, unless a later renewal comes through.
            return null;
        }
    }

    /// <summary>Ends a lease at its holder; if that does not hear of it, the lease ends in its time.</summary>
    public void Release(NodeId holder, ulong lease) => Tell(holder, new ReleaseCopy(lease));

    /// <summary>Tells the holder that bytes were read which are not the block's; it looks for itself.</summary>
    public void ReportCorrupt(BlockId id, in CopyLocation copy) => Tell(copy.Node, new ReportCorrupt(id, copy));

    private static bool IsOf(CopyLeased leased, BlockId id, in CopyLocation copy) =>
        leased.Id == id && leased.Copy.Node == copy.Node && leased.Copy.Tier == TierKind.Shm && leased.Copy.LengthBytes == copy.LengthBytes;

    private void Tell(NodeId holder, object message) => nodes.Of(holder, NodePaths.RemoteTier)?.Tell(message, ActorRefs.NoSender);

    /// <summary>A caller that left must not leave a lease behind.</summary>
    private async Task ReleaseLateAsync(NodeId holder, Task<object>? asked)
    {
        try
        {
            if (asked is not null && await asked is CopyLeased late)
                Release(holder, late.Lease);
        }
        catch (Exception)
        {
            // No answer, no lease that is known of.
        }
    }
}
