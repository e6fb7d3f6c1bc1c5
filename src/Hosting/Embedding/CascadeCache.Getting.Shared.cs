using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Core.Messages;
using Cascade.Tiers.Remote;
using Cascade.Tiers.Shm;

namespace Cascade.Hosting;

/// <content>Blocks in the cold files of other nodes that this node sees too.</content>
internal sealed partial class CascadeCache
{
    private const double TimeShare = 0.75;

    /// <summary>Reads cold files that the node shares with others; null when it shares none.</summary>
    internal SharedCopies? Shared => _node.Shared;

    /// <summary>
    /// Has a block read from files that this node shares with its holder, into this node's memory, where it stays as one of its own files would. Null
    /// when it is to be read by way of the holder.
    /// </summary>
    private async ValueTask<GetResult?> ReadSharedAsync(
        Found found, Located located, TimeSpan leaseFor, CallTime time, CancellationToken cancellationToken)
    {
        if (_node.IsClient || _node.Shared?.Covers(located.Copy) != true || _node.Nodes.Of(_node.Self, NodePaths.RemoteTier) is not { } bringer)
            return null;

        // Where there is no room here, some time is left to read the block in its holder's memory.
        var timeout = time.Left * TimeShare;
        try
        {
            var bring = new Replicate(found.Id, located.Copy, found.Binding, timeout);
            if (await bringer.Ask<object>(bring, timeout, cancellationToken) is not Replicated
                || _node.Arena.Directory.Lease(found.Id, leaseFor, out var lease) != LeaseOutcome.Leased)
                return null;
            _node.Actors.Owners.Tell(new Release(found.Id, located.Lease));
            return await NameAsync(found, lease.FoundIn(located.Copy.Tier), time);
        }
        catch (Exception e) when (e is AskTimeoutException or MailboxFullException or DeadLetterException)
        {
            return null;
        }
    }
}
