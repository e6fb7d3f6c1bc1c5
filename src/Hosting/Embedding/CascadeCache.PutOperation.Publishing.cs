using Cascade.Actors;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;

namespace Cascade.Hosting;

internal sealed partial class CascadeCache
{
    /// <content>The block is in the arena: it becomes readable, here or elsewhere, known to its owner, and is bound.</content>
    private sealed partial class PutOperation
    {
        /// <summary>Makes the block readable and known to its owner. Null, or why it could not be placed.</summary>
        private async ValueTask<PutResult?> PublishAsync(BlockId id)
        {
            var publish = new Publish(_reservation!.Value, id, binding, Announce: _isOnlyCold);
            _reservation = null;
            if (await AskAsync(node, node.Actors.Memory, publish, node.Defaults.AskTimeout, CancellationToken.None) is not Published published)
                throw Unexpected(publish, publish);
            var copy = published.Copy;
            if (node.IsClient)
            {
                // What passes through a client's memory is no copy that counts.
                _transit = id;
                if (await PassOnAsync(id, copy) is { } spared)
                    copy = spared;
                else if (await PlaceAsync(id, copy) is { } placed)
                    copy = placed;
                else
                    return new PutResult(PutStatus.Busy, default, "no node had room for the block in time");
            }
            else if (_passing?.Slot == copy.Slot && !_isOnlyCold && await PassOnAsync(id, copy) is { } elsewhere)
            {
                _transit = id;
                copy = elsewhere;
            }

            await CommitAsync(id, copy);
            LetGo();
            return null;
        }

        private async ValueTask CommitAsync(BlockId id, CopyLocation copy)
        {
            if (_grant is not { } grant)
                return;
            var commit = new Commit(id, grant.Fill, copy);
            var reply = await AskAsync(node, node.Actors.Owners, commit, node.Defaults.AskTimeout, CancellationToken.None);
            _grant = null;

            // A fill that took too long is no longer ours, but the copy is there and whole: its owner is to know.
            if (reply is Refused)
                node.Actors.Owners.Tell(new AddCopy(id, copy));
        }

        /// <summary>
        /// Gives up what was here on its way only. Without its key it goes as soon as its owner agrees, and the index keeps the key. Not before the fill is over: an owner
        /// keeps every copy until then.
        /// </summary>
        private void LetGo()
        {
            if (_transit is { } id)
                node.Actors.Memory.Tell(new ReleaseKey(binding.Key, id, binding.Stamp));
            if (_passing is { } room)
                node.Actors.Memory.Tell(new EndPassing(room));
            _transit = null;
            _passing = null;
        }

        private async ValueTask<PutResult> BindAsync(BlockId id, PutStatus status)
        {
            switch (await CascadeCache.BindAsync(node, binding, id))
            {
                case Bound { Applied: true } when acknowledgement.IsDurable:
                    return await MakeDurableAsync(id, status);
                case Bound { Applied: true } when acknowledgement.Machines > 1:
                    return await ReplicateAsync(id, status);
                case Bound:
                    return new PutResult(status, id);
                case Refused refused:
                    return new PutResult(PutStatus.Busy, default, refused.Reason);
                case var other:
                    throw Unexpected(other, binding);
            }
        }
    }
}
