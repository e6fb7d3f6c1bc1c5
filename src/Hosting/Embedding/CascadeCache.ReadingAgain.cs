using Cascade.Actors;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Tiers.Remote;

namespace Cascade.Hosting;

/// <content>
/// A block that was read of another node lately is asked for where it was, while the key index is asked whether the key still names it: one round trip instead of three.
/// The index decides, as ever; the holder's lease holds the bytes, as ever; only the owner is not asked. If the guess is wrong everything goes the long way.
/// </content>
internal sealed partial class CascadeCache
{
    /// <summary>Begins to read where the key's block was found before; null when that is not known.</summary>
    private ReadAgain? TryReadAgain(KeyDigest key, TimeSpan leaseFor, TimeSpan deadline, CancellationToken cancellationToken)
    {
        if (!_node.Known.TryFind(key, _node.Time.GetElapsedTime(0), out var id, out var copy))
            return null;

        // A holder that does not answer leaves time to look for another copy.
        return new ReadAgain(key, id, copy, _node.Remote.ReadAsync(id, copy, leaseFor, deadline / 2, cancellationToken).AsTask());
    }

    /// <summary>What the index says of the key; null when it names nothing.</summary>
    private static async ValueTask<Found?> AnswerOfAsync(Task<object> lookup, ReadAgain? again)
    {
        try
        {
            return await lookup as Found;
        }
        catch
        {
            again?.DisposeLate();
            throw;
        }
    }

    /// <summary>The block, when it is the one that the key names and could be read; else null, and nothing is held.</summary>
    private async ValueTask<GetResult?> TryTakeAsync(ReadAgain again, Found? found)
    {
        if (found is null || found.Id != again.Id)
        {
            _node.Known.Forget(again.Key);
            again.DisposeLate();
            return null;
        }

        var read = await again.Read;
        if (read.Outcome == RemoteReadOutcome.Done)
        {
            _node.Known.NoteRight();
            ObserveStamp(found.Binding.Stamp);
            return HitElsewhere(found, again.Copy.Node, read);
        }

        _node.Known.Forget(again.Key);
        if (read.Outcome == RemoteReadOutcome.Gone)
            _node.Actors.Owners.Tell(new RemoveCopy(again.Id, again.Copy));
        return null;
    }

    /// <summary>A read under way.</summary>
    private sealed record ReadAgain(KeyDigest Key, BlockId Id, CopyLocation Copy, Task<RemoteRead> Read)
    {
        /// <summary>Lets go of what is read, as soon as it is.</summary>
        public void DisposeLate() => _ = Read.ContinueWith(
            static late =>
            {
                if (late is { IsCompletedSuccessfully: true, Result.Outcome: RemoteReadOutcome.Done })
                    late.Result.Lease.Dispose();
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
