using Cascade.Actors;
using Cascade.Core.Clocks;
using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Leases;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Tiers.Remote;
using Cascade.Tiers.Shm;

namespace Cascade.Hosting;

internal sealed partial class CascadeCache
{
    /// <summary>Owners asked again because the copy that they knew was given up in the same moment.</summary>
    private const int LocatesMax = 32;

    private static readonly GetResult NoLease =
        new(false, default, "all leases are in use: dispose those that are done with, or raise cascade.leases.max");

    /// <inheritdoc/>
    public ValueTask<GetResult> GetAsync(CacheKey key, GetOptions? options, CancellationToken cancellationToken)
    {
        var time = TimeOf(options);
        return GetAsync(key, options?.LeaseFor ?? _node.Defaults.LeaseDuration, time, default, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<GetIntoResult> GetIntoAsync(
        CacheKey key, Memory<byte> destination, GetOptions? options, CancellationToken cancellationToken)
    {
        var time = TimeOf(options);
        using var result = await GetAsync(key, options?.LeaseFor ?? _node.Defaults.LeaseDuration, time, destination, cancellationToken);
        if (!result.IsHit)
            return GetIntoResult.Miss;
        var lease = result.Lease;
        if (lease.LengthBytes > destination.Length)
            throw new ArgumentException(
                $"The block has {lease.LengthBytes} bytes and the destination {destination.Length}: nothing was written.", nameof(destination));
        if (!result.IsCopied)
            lease.Span.CopyTo(destination.Span);

        // A lease that ended while its bytes were copied held nothing in place: what was copied may be another block's.
        return lease.IsHeld ? new GetIntoResult(true, (int)lease.LengthBytes, lease.Tier) : GetIntoResult.Miss;
    }

    /// <summary>A call may wait so long, whatever number of blocks it asks for.</summary>
    private CallTime TimeOf(GetOptions? options) => new(_node.Time, DeadlineOf(options?.Deadline, _node.Defaults.AskTimeout));

    /// <param name="key">What is read.</param>
    /// <param name="leaseFor">How long the lease is to last.</param>
    /// <param name="time">How long the call may take.</param>
    /// <param name="into">Where the caller will copy the bytes to, when it will; they may be copied there ahead.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    private ValueTask<GetResult> GetAsync(CacheKey key, TimeSpan leaseFor, CallTime time, Memory<byte> into, CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        cancellationToken.ThrowIfCancellationRequested();
        return TryGetLocal(key, leaseFor, out var result)
            ? new ValueTask<GetResult>(result)
            : GetByOwnerAsync(key, leaseFor, time, into, cancellationToken);
    }

    /// <summary>Answers from the node's own directory; false when others have to be asked.</summary>
    private bool TryGetLocal(in CacheKey key, TimeSpan leaseFor, out GetResult result)
    {
        switch (_node.Arena.Directory.Lease(key.Digest, leaseFor, out var lease))
        {
            case LeaseOutcome.Leased:
                result = new GetResult(true, lease);
                return true;
            case LeaseOutcome.TooManyLeases:
                result = NoLease;
                return true;
            default:
                result = GetResult.Miss;
                return false;
        }
    }

    private async ValueTask<GetResult> GetByOwnerAsync(
        CacheKey key, TimeSpan leaseFor, CallTime time, Memory<byte> into, CancellationToken cancellationToken)
    {
        var again = TryReadAgain(key.Digest, leaseFor, time.Left, cancellationToken);
        var lookup = AskAsync(_node, _node.Actors.KeyIndex, new Lookup(key.Digest), time.Left, cancellationToken);

        // Both questions are on their way. If the copy is at hand, its bytes need not wait for the answers.
        var isCopied = again is not null && !into.IsEmpty && _node.Remote.TryCopyAhead(again.Id, again.Copy, into.Span);
        var found = await AnswerOfAsync(lookup, again);
        if (again is not null && await TryTakeAsync(again, found) is { } result)
            return result with { IsCopied = isCopied };
        if (found is null)
            return GetResult.Miss;
        ObserveStamp(found.Binding.Stamp);
        return await LocateAndReadAsync(found, leaseFor, time, cancellationToken);
    }

    private async ValueTask<GetResult> LocateAndReadAsync(
        Found found, TimeSpan leaseFor, CallTime time, CancellationToken cancellationToken)
    {
        GetResult? last = null;
        for (var attempt = 0; attempt < LocatesMax; attempt++)
        {
            var left = time.Left;
            if (left == TimeSpan.Zero)
                return last ?? TooLate(time.Deadline);
            var reply = await AskAsync(_node, _node.Actors.Owners, new Locate(found.Id, _node.Self, leaseFor), left, cancellationToken);
            if (reply is Busy busy)
                return new GetResult(false, default, busy.Reason);
            if (reply is not Located located)
            {
                if (!_node.Inventory.Holds(found.Id))
                    ForgetLater(_node, found.Binding, found.Id);
                return last ?? GetResult.Miss;
            }

            last = located.Copy.Node == _node.Self
                ? await ReadHereAsync(found, located, leaseFor, time, cancellationToken)
                : await ReadElsewhereAsync(found, located, leaseFor, time, cancellationToken);
            if (last is { } result && (result.IsHit || (result.MissReason is not null && located.Copy.Node == _node.Self)))
                return result;

            // A holder that does not answer may have died: as soon as that is known another copy is located, or none.
            if (last is { MissReason: not null } && attempt > 0)
                await Task.Delay(PauseAfter(attempt, time.Left), _node.Time, cancellationToken);
        }

        return last ?? GetResult.Miss;
    }

    private static TimeSpan PauseAfter(int attempt, TimeSpan left) =>
        TimeSpan.FromTicks(Math.Min(left.Ticks, Math.Min(PauseMax.Ticks * 4, PauseMin.Ticks << Math.Min(attempt, 10))));

    private static GetResult TooLate(TimeSpan deadline) => new(false, default, $"the block was not found within {deadline}");

    /// <summary>What another node stamped is before what this one stamps from now on.</summary>
    private void ObserveStamp(HybridTimestamp stamp) => _node.Clock.Observe(stamp, _node.Time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Reads a copy of this node; a miss without a reason when it is gone from where its owner knew it.</summary>
    private async ValueTask<GetResult> ReadHereAsync(
        Found found, Located located, TimeSpan leaseFor, CallTime time, CancellationToken cancellationToken)
    {
        // The copy is held by the directory's own lease from here on; the owner's has done its work.
        var whyNot = located.Copy.Tier != TierKind.Shm ? await StageAsync(found, located, time, cancellationToken) : null;
        var outcome = _node.Arena.Directory.Lease(found.Id, leaseFor, out var lease);
        _node.Actors.Owners.Tell(new Release(found.Id, located.Lease));
        if (outcome == LeaseOutcome.Leased)
            return await NameAsync(found, lease.FoundIn(located.Copy.Tier), time);
        if (whyNot is not null)
            return new GetResult(false, default, whyNot);
        return outcome == LeaseOutcome.TooManyLeases ? NoLease : GetResult.Miss;
    }

    /// <summary>Reads a copy of another node; a miss without a reason when it is gone from where its owner knew it.</summary>
    private async ValueTask<GetResult> ReadElsewhereAsync(
        Found found, Located located, TimeSpan leaseFor, CallTime time, CancellationToken cancellationToken)
    {
        if (await ReadSharedAsync(found, located, leaseFor, time, cancellationToken) is { } shared)
            return shared;
        var asked = time.Now;
        var read = await _node.Remote.ReadAsync(found.Id, located.Copy, leaseFor, time.Left, cancellationToken);
        _node.Actors.Owners.Tell(new Release(found.Id, located.Lease));
        switch (read.Outcome)
        {
            case RemoteReadOutcome.Done:
                if (located.Copy.Tier == TierKind.Shm)
                    _node.Known.Add(found.Binding.Key, found.Id, located.Copy, asked);
                return HitElsewhere(found, located.Copy.Node, read);
            case RemoteReadOutcome.Gone:
                _node.Actors.Owners.Tell(new RemoveCopy(found.Id, located.Copy));
                return GetResult.Miss;
            default:
                return new GetResult(false, default, read.Reason);
        }
    }

    private GetResult HitElsewhere(Found found, NodeId holder, in RemoteRead read)
    {
        // What is read here again and again is worth a copy here.
        if (!_node.IsClient && _node.Hits.Note(found.Id))
            _node.Actors.Owners.Tell(new Promote(found.Id, new TierAddress(_node.Self, TierKind.Shm), found.Binding));
        return new GetResult(true, read.Lease) { Holder = holder };
    }

    /// <summary>Has a block of the cold tier, or of device memory, brought into shared memory. Null when it was, or is no longer stored; otherwise why not.</summary>
    private async ValueTask<string?> StageAsync(Found found, Located located, CallTime time, CancellationToken cancellationToken)
    {
        if ((located.Copy.Tier == TierKind.Gpu ? _node.Gpu?.Stager : _node.Actors.Cold) is not { } tier)
            return null;
        var left = time.Left;
        var fetch = new ColdFetch(found.Binding.Key, found.Id, left, _node.Defaults.ReadAheadBlocks);
        try
        {
            switch (await tier.Ask<object>(fetch, left, cancellationToken))
            {
                case ColdFetched:
                    // The memory tier was told of the block before this caller was: its answer says that it has made it readable.
                    await AskAsync(_node, _node.Actors.Memory, new BindAlias(found.Id, found.Binding), time.Left, cancellationToken);
                    return null;
                case Busy busy:
                    return busy.Reason;
                default:
                    _node.Actors.Owners.Tell(new RemoveCopy(found.Id, located.Copy));
                    return null;
            }
        }
        catch (AskTimeoutException)
        {
            return $"the block was not brought into memory within {time.Deadline}";
        }
        catch (Exception e) when (e is MailboxFullException or DeadLetterException)
        {
            throw Unavailable(tier, fetch, e);
        }
    }

    /// <summary>
    /// The next reader finds the block in the directory, unless the key was deleted while this one was on its way. That is seen to also when there is no time to wait
    /// for it: this reader has what it came for.
    /// </summary>
    private async ValueTask<GetResult> NameAsync(Found found, BlockLease lease, CallTime time)
    {
        try
        {
            _node.Actors.Memory.Tell(new BindAlias(found.Id, found.Binding));
            await BindAsync(_node, found.Binding, found.Id, time.Left);
            return new GetResult(true, lease);
        }
        catch (CascadeUnavailableException)
        {
            return new GetResult(true, lease);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }
}
