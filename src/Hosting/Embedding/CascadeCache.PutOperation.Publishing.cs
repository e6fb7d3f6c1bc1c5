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
        private BlockId? _published;

        /// <summary>Makes the block readable and known to its owner. Null, or why it could not be placed.</summary>
        private async ValueTask<PutResult?> PublishAsync(BlockId id)
        {
            var publish = new Publish(_reservation!.Value, id, binding, Announce: _isOnlyFarther);
            var room = _reservation;
            (_reservation, _published) = (null, id);
            switch (await AskOnceAsync(node.Actors.Memory, publish, CancellationToken.None))
            {
                case Published published:
                    return await AnnounceAsync(id, published.Copy);
                case Busy busy:
                    // It was not told.
                    _reservation = room;
                    return new PutResult(PutStatus.Busy, default, busy.Reason);
                case var other:
                    throw Unexpected(other, publish);
            }
        }

        /// <summary>Makes the copy here, or one elsewhere in its place, known to the owner. Null, or why it could not be placed.</summary>
        private async ValueTask<PutResult?> AnnounceAsync(BlockId id, CopyLocation copy)
        {
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
            else if (_passing?.Slot == copy.Slot && !_isOnlyFarther && await PassOnAsync(id, copy) is { } elsewhere)
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
            var reply = await AskAsync(node.Actors.Owners, commit);
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

        /// <summary>The block became readable after the put was given up: it is a copy that its owner is to know, or nothing that counts.</summary>
        private void GiveBackLate(CopyLocation copy)
        {
            var id = _published!.Value;
            if (node.IsClient)
                node.Actors.Memory.Tell(new ReleaseKey(binding.Key, id, binding.Stamp));
            else
                node.Actors.Owners.Tell(new AddCopy(id, copy));
        }

        /// <summary>A block that the key named before must not be found under it in this node's device memory, which nobody told of the new one.</summary>
        private async ValueTask ReleaseOnDevicesAsync(BlockId id)
        {
            if (node.Gpu is { } gpu && gpu.Pool.TryDescribe(binding.Key, out var former) && former != id)
                await AskAsync(gpu.Tier, new ReleaseKey(binding.Key, former, binding.Stamp));
        }

        /// <summary>
        /// Sees to it that the block is where the caller wants it, and then names it in the index. Not before: until it is there its last copy may be evicted and be put
        /// again under another key, and an eviction has the index forget the keys.
        /// </summary>
        private async ValueTask<PutResult> BindAsync(BlockId id, PutStatus status)
        {
            var kept = acknowledgement.IsDurable ? await MakeDurableAsync(id, status)
                : acknowledgement.Machines > 1 ? await ReplicateAsync(id, status)
                : new PutResult(status, id);
            var reply = await TryBindAsync(id, isNeeded: kept.Status == status);
            await ReleaseOnDevicesAsync(id);
            return reply switch
            {
                // Also where the key names another block by a later stamp: then that put is the one that counts.
                Bound or null => kept,
                Refused refused => new PutResult(PutStatus.Busy, default, refused.Reason),
                var other => throw Unexpected(other, binding),
            };
        }

        /// <summary>Names the block in the index. Null when that is not known in time, and the caller need not know: the put has failed, and what copies there are know the key.</summary>
        private async ValueTask<object?> TryBindAsync(BlockId id, bool isNeeded)
        {
            try
            {
                return await CascadeCache.BindAsync(node, binding, id, _time.LeftToEnd);
            }
            catch (CascadeUnavailableException) when (!isNeeded)
            {
                return null;
            }
        }
    }
}
