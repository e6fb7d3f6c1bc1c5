using Cascade.Actors;
using Cascade.Actors.Remoting;
using Cascade.Actors.Shells;
using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;

namespace Cascade.Hosting;

internal sealed partial class CascadeCache
{
    /// <summary>
    /// One put: reserve, fill (hash and copy in one pass), begin, publish, commit, bind. Whatever was taken on the way is given
    /// back when a step fails, so that neither room nor a fill is left behind.
    /// </summary>
    private sealed partial class PutOperation(
        CacheContext node, KeyBinding binding, NativeBytes bytes, BlockId? knownId, Acknowledgement acknowledgement, CallTime time, DeviceFill? device = null)
    {
        private static long _tickets;

        /// <summary>Owners asked again because the block they knew was evicted in the same moment.</summary>
        private const int BeginsMax = 8;

        private readonly long _ticket = Interlocked.Increment(ref _tickets);
        private CallTime _time = time;
        private Reservation? _reservation;

        /// <summary>The room was given in view of passing the block on.</summary>
        private Reservation? _passing;

        /// <summary>The block whose copy here was but on its way to another node, and is to go.</summary>
        private BlockId? _transit;
        private (BlockId Id, ulong Fill)? _grant;

        /// <summary>
        /// The block is in no node's shared memory, but in another tier: it comes into memory without a grant. Who puts a block is likely to ask for it next, and its
        /// bytes are at hand.
        /// </summary>
        private bool _isOnlyFarther;

        /// <summary>The time of the call, with what the block's bytes took added: that was no wait.</summary>
        public CallTime Time => _time;

        public async ValueTask<PutResult> RunAsync(CancellationToken cancellationToken)
        {
            try
            {
                if (knownId is { } known && await BeginAsync(known, cancellationToken) is { } dedup)
                    return dedup;
                if (await ReserveAsync(cancellationToken) is { } noRoom)
                    return noRoom;
                if (device is not null && await device.FillAsync(node.Arena, _reservation!.Value) is { } notFilled)
                {
                    // What the device may still store to is not given to anybody else.
                    _reservation = device.MayStillMove ? null : _reservation;
                    return notFilled;
                }

                var id = device is null ? Fill() : device.Id ?? device.Name(node.Writer);
                if (knownId is { } expected && id != expected)
                    throw new ArgumentException($"The bytes are block {id}, not {expected} as PutOptions.Id says: nothing was stored.");
                if (_grant is null && !_isOnlyFarther && await BeginAsync(id, cancellationToken) is { } done)
                    return done;
                cancellationToken.ThrowIfCancellationRequested();

                if (_time.LeftToEnd == TimeSpan.Zero)
                    return new PutResult(PutStatus.Busy, default, $"the block was filled and known to its owner too late, after {_time.Deadline}");

                // From here on the token is not looked at: a block that is half known would be neither put nor given up.
                if (await PublishAsync(id) is { } notPlaced)
                    return notPlaced;
                return await BindAsync(id, _isOnlyFarther ? PutStatus.AlreadyPresent : PutStatus.Stored);
            }
            finally
            {
                GiveBack();
            }
        }

        private TimeSpan Left => _time.Left;

        /// <summary>Null when this put is to fill the block; otherwise the outcome.</summary>
        private async ValueTask<PutResult?> BeginAsync(BlockId id, CancellationToken cancellationToken)
        {
            for (var attempt = 0; attempt < BeginsMax; attempt++)
            {
                switch (await AskForGrantAsync(node.Actors.Owners, new Begin(id, node.Self, bytes.LengthBytes, Left), cancellationToken))
                {
                    case BeginGranted granted:
                        _grant = (id, granted.Fill);
                        return null;
                    case AlreadyPresent present:
                        var isNamed = await TryAliasAsync(id, present.Copy);
                        if (isNamed == true)
                            return await BindAsync(id, PutStatus.AlreadyPresent);
                        if (isNamed == false && present.Copy.Tier != TierKind.Shm && !node.IsClient)
                        {
                            _isOnlyFarther = true;
                            return null;
                        }

                        if (isNamed is null)
                        {
                            if (Left <= PauseMax)
                                return new PutResult(PutStatus.Busy, default, $"{present.Copy.Node}, which holds the block, did not answer within {_time.Deadline}");
                            await Task.Delay(PauseMax, node.Time, cancellationToken);
                            attempt--;
                        }
                        else if (present.Copy.Node != node.Self)
                        {
                            // It was evicted between the owner's answer and the tier's: what was reserved and filled is of use after all.
                            node.Actors.Owners.Tell(new RemoveCopy(id, present.Copy));
                        }

                        break;
                    case Busy busy:
                        return new PutResult(PutStatus.Busy, default, busy.Reason);
                    case var other:
                        throw Unexpected(other, new Begin(id, node.Self, bytes.LengthBytes, Left));
                }
            }

            return new PutResult(PutStatus.Busy, default, "the block keeps being evicted while its key is bound: memory is far too small for the load");
        }

        /// <summary>
        /// Names the block by this put's key where it lies in memory; false when it is gone from there, or in files alone, and null when the node that holds it
        /// does not answer: it may be dead, and may be not.
        /// </summary>
        private async ValueTask<bool?> TryAliasAsync(BlockId id, CopyLocation copy)
        {
            var alias = new BindAlias(id, binding);

            // What passes through a client's memory is no copy that counts: a key that it got would keep it there, and name nothing elsewhere.
            if (!node.IsClient && node.Arena.Directory.TryDescribe(id, out _))
            {
                await AskAsync(node.Actors.Memory, alias);
                return node.Arena.Directory.TryDescribe(id, out _);
            }

            if (copy.Node == node.Self || (copy.Tier != TierKind.Shm && !node.IsClient))
                return false;
            var reply = copy.Tier == TierKind.Cold
                ? await TryAskAsync(copy.Node, NodePaths.ColdTier, new ColdBind(id, binding, Durable: false, Left))
                : await TryAskAsync(copy.Node, NodePaths.Of(copy.Tier), alias);
            return reply is null ? null : reply is ColdStored or AliasBound { IsHeld: true };
        }

        /// <summary>A put that is for this node's disk, or for several nodes, has a copy here.</summary>
        private bool MayPassOn =>
            !node.IsClient && !acknowledgement.IsDurable && acknowledgement.Machines <= 1 && Placement.IsRoomElsewhere(node.Nodes.View.Current.Members, node.Full, _time.Now);

        /// <summary>Null when room was set aside; otherwise the outcome.</summary>
        private async ValueTask<PutResult?> ReserveAsync(CancellationToken cancellationToken)
        {
            var use = MayPassOn ? RoomUse.StoreOrPass : RoomUse.Store;
            switch (await AskForGrantAsync(node.Actors.Memory, new Reserve(bytes.LengthBytes, Left, _ticket, use), cancellationToken))
            {
                case Reserved reserved:
                    _reservation = reserved.Reservation;
                    _passing = reserved.IsForPassing ? reserved.Reservation : null;
                    return null;
                case Busy busy:
                    return new PutResult(PutStatus.Busy, default, busy.Reason);
                case Refused refused:
                    return new PutResult(PutStatus.Refused, default, refused.Reason);
                case var other:
                    throw Unexpected(other, new Reserve(bytes.LengthBytes, Left));
            }
        }

        /// <summary>
        /// Asks for room or for a fill, again while the cluster finds out who is in charge. Whom is asked always answers by the deadline in the message; a
        /// caller that leaves earlier must not leave behind what is granted after that. A fill that an owner granted and that never got here ends by itself.
        /// </summary>
        private async ValueTask<object> AskForGrantAsync(IActorRef actor, object message, CancellationToken cancellationToken)
        {
            for (var pause = PauseMin; ; pause = pause * 2 < PauseMax ? pause * 2 : PauseMax)
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    object inTime = message switch
                    {
                        Begin begin => begin with { Timeout = Left },
                        Reserve reserve => reserve with { Timeout = Left },
                        _ => message,
                    };
                    var reply = await AskOnceAsync(actor, inTime, cancellationToken);
                    if (reply is not Moved)
                        return reply;
                    if (Left <= pause)
                        return new Busy("nobody in the cluster was in charge of the block in time: it is taking in or losing nodes");
                }
                catch (PeerUnreachableException e)
                {
                    // A node was lost, and what it granted with it; its part is taken over as soon as the others know.
                    if (Left <= pause)
                        throw Unavailable(actor, message, e);
                }

                await Task.Delay(pause, node.Time, cancellationToken);
            }
        }

        /// <summary>Asks until the put has to be over; an answer after that is given back.</summary>
        private async ValueTask<object> AskOnceAsync(IActorRef actor, object message, CancellationToken cancellationToken)
        {
            var asked = actor.Ask<object>(message, Timeout.InfiniteTimeSpan, CancellationToken.None);
            try
            {
                return await asked.WaitAsync(_time.LeftToEnd, node.Time, cancellationToken);
            }
            catch (Exception e) when (e is OperationCanceledException or TimeoutException)
            {
                _ = asked.ContinueWith(GiveBackLate, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                if (message is Reserve)
                    node.Actors.Memory.Tell(new Withdraw(_ticket));
                if (e is TimeoutException)
                    throw Unavailable(actor, message, e);
                throw;
            }
            catch (MailboxFullException e)
            {
                return new Busy(e.Message);
            }
            catch (DeadLetterException e)
            {
                throw Unavailable(actor, message, e);
            }
        }

        /// <summary>Asks for what may be repeated.</summary>
        private Task<object> AskAsync(IActorRef actor, object message) => CascadeCache.AskAsync(node, actor, message, _time.LeftToEnd, CancellationToken.None);

        private unsafe BlockId Fill()
        {
            var begun = _time.Now;
            var id = node.Writer.Write(
                (byte*)bytes.Address, (byte*)(node.Arena.PayloadAddress + (nint)_reservation!.Value.OffsetBytes), bytes.LengthBytes);
            _time = _time.LaterBy(_time.Now - begun);
            return id;
        }

        private void GiveBack()
        {
            if (_reservation is { } reservation)
                node.Actors.Memory.Tell(new Cancel(reservation));
            if (_grant is { } grant)
                node.Actors.Owners.Tell(new Abort(grant.Id, grant.Fill));
            _reservation = null;
            _grant = null;
            LetGo();
        }

        private void GiveBackLate(Task<object> asked)
        {
            if (!asked.IsCompletedSuccessfully)
                return;
            switch (asked.Result)
            {
                case Reserved late:
                    node.Actors.Memory.Tell(new Cancel(late.Reservation));
                    break;
                case BeginGranted granted:
                    node.Actors.Owners.Tell(new Abort(granted.Id, granted.Fill));
                    break;
                case Published published:
                    GiveBackLate(published.Copy);
                    break;
            }
        }
    }
}
