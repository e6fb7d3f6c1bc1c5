using System.Globalization;
using Cascade.Actors;
using Cascade.Actors.Remoting;
using Cascade.Actors.Shells;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;

namespace Cascade.Hosting;

internal sealed partial class CascadeCache
{
    /// <content>What is beyond this node's memory: other nodes that take the block in, and the disk.</content>
    private sealed partial class PutOperation
    {
        /// <summary>Nodes that are asked whether they have room to spare for one block.</summary>
        private const int AskedForRoomMax = 2;

        /// <summary>A node that does not answer must not cost the put all of its time: what a slow network moves in this, and a second.</summary>
        private const double SlowBytesPerSecond = 100e6;

        /// <summary>Has a node that need not give anything up for it bring the block into its memory: null when there is none, and the block is to stay.</summary>
        private async ValueTask<CopyLocation?> PassOnAsync(BlockId id, CopyLocation source)
        {
            var patience = TimeSpan.FromSeconds(1 + (bytes.LengthBytes / SlowBytesPerSecond));
            foreach (var target in Placement.WithRoom(node.Nodes.View.Current.Members, id, node.Full, _time.Now).Take(AskedForRoomMax))
            {
                var half = Left / 2;
                var timeout = half < patience ? half : patience;
                if (timeout == TimeSpan.Zero)
                    break;
                var request = new Replicate(id, source, binding, timeout, OnlySpareRoom: true);
                if (await TryAskAsync(target, NodePaths.RemoteTier, request, timeout) is Replicated replicated)
                    return replicated.Copy;
                node.Full.Note(target, _time.Now);
            }

            return null;
        }

        /// <summary>Has a node bring the block into its memory: one of this machine if there is one, else by a draw that is the same everywhere.</summary>
        private async ValueTask<CopyLocation?> PlaceAsync(BlockId id, CopyLocation source)
        {
            foreach (var target in Placement.Candidates(node.Nodes.View.Current.Members, id, exclude: []))
            {
                if (Left == TimeSpan.Zero)
                    break;
                if (await TryAskAsync(target, NodePaths.RemoteTier, new Replicate(id, source, binding, Left)) is Replicated replicated)
                    return replicated.Copy;
            }

            return null;
        }

        /// <summary>Has further nodes bring the block into their memory until as many hold it, and its key, as were asked for.</summary>
        private async ValueTask<PutResult> ReplicateAsync(BlockId id, PutStatus status)
        {
            var holders = new List<NodeId>();
            CopyLocation? source = null;
            foreach (var copy in await CopiesOfAsync(node, id, _time.LeftToEnd, CancellationToken.None))
            {
                if (copy.Tier != TierKind.Shm || holders.Count >= acknowledgement.Machines || !await IsNamedAtAsync(id, copy))
                    continue;
                source ??= copy;
                holders.Add(copy.Node);
            }

            foreach (var target in Placement.Candidates(node.Nodes.View.Current.Members, id, holders))
            {
                if (source is not { } from || holders.Count >= acknowledgement.Machines || Left == TimeSpan.Zero)
                    break;
                if (await TryAskAsync(target, NodePaths.RemoteTier, new Replicate(id, from, binding, Left)) is Replicated)
                    holders.Add(target);
            }

            return holders.Count >= acknowledgement.Machines
                ? new PutResult(status, id)
                : new PutResult(PutStatus.Busy, default, string.Create(
                    CultureInfo.InvariantCulture,
                    $"The block is in the memory of {holders.Count} nodes, and no further one took it in time: {acknowledgement.Machines} were asked for."));
        }

        /// <summary>True when a copy is there under this put's key as well, so that the key is known again from it alone.</summary>
        private async ValueTask<bool> IsNamedAtAsync(BlockId id, CopyLocation copy)
        {
            var alias = new BindAlias(id, binding);
            var reply = copy.Node == node.Self
                ? await AskAsync(node.Actors.Memory, alias)
                : await TryAskAsync(copy.Node, NodePaths.MemoryTier, alias);
            return reply is AliasBound { IsHeld: true };
        }

        private async ValueTask<PutResult> MakeDurableAsync(BlockId id, PutStatus status)
        {
            try
            {
                // The tier gets a little less time than the caller gave, so that its reason comes before the caller's time is over.
                var left = Left;
                var forTier = left - TimeSpan.FromTicks(Math.Min(left.Ticks / 4, TimeSpan.TicksPerSecond));
                if (await HolderAsync(id) is not { } holder)
                    return NotDurable(PutStatus.Busy, "it was evicted before it could be written: memory is far too small for the load");
                var reply = await holder.Ask<object>(new MakeDurable(id, binding, forTier), _time.LeftToEnd, CancellationToken.None);
                return reply switch
                {
                    MadeDurable => new PutResult(status, id),
                    Busy busy => NotDurable(PutStatus.Busy, busy.Reason),
                    Unavailable unavailable => NotDurable(PutStatus.Busy, unavailable.Reason),
                    Refused refused => NotDurable(PutStatus.Refused, refused.Reason),
                    NotFound => NotDurable(PutStatus.Busy, "it was evicted before it could be written: memory is far too small for the load"),
                    var other => throw Unexpected(other, binding),
                };
            }
            catch (Exception e) when (e is AskTimeoutException or MailboxFullException or DeadLetterException or PeerUnreachableException)
            {
                return NotDurable(PutStatus.Busy, $"no answer within {_time.Deadline}");
            }
        }

        /// <summary>The memory tier that holds the block: this node's, if it is one that counts.</summary>
        private async ValueTask<IActorRef?> HolderAsync(BlockId id)
        {
            if (!node.IsClient && node.Inventory.Holds(id))
                return node.Actors.Memory;
            foreach (var copy in await CopiesOfAsync(node, id, _time.LeftToEnd, CancellationToken.None))
            {
                if (copy.Tier == TierKind.Shm && copy.Node != node.Self && node.Nodes.Of(copy.Node, NodePaths.MemoryTier) is { } holder)
                    return holder;
            }

            return node.IsClient ? null : node.Actors.Memory;
        }

        private static PutResult NotDurable(PutStatus status, string reason) =>
            new(status, default, $"The block is in memory, but was not made durable: {reason}.");

        /// <summary>Asks an actor of another node; null when that cannot be reached or does not answer in time.</summary>
        private ValueTask<object?> TryAskAsync(NodeId other, string path, object message) => TryAskAsync(other, path, message, _time.LeftToEnd);

        private async ValueTask<object?> TryAskAsync(NodeId other, string path, object message, TimeSpan timeout)
        {
            try
            {
                return node.Nodes.Of(other, path) is { } actor ? await actor.Ask<object>(message, timeout, CancellationToken.None) : null;
            }
            catch (Exception e) when (e is AskTimeoutException or PeerUnreachableException or DeadLetterException or MailboxFullException)
            {
                return null;
            }
        }
    }
}
