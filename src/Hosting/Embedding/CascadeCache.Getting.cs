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

    /// <summary>Blocks of one call that are waited for at a time: enough to keep a disk busy, and to make round trips to other nodes few.</summary>
    private const int GetsInFlight = 64;

    /// <summary>Keys of a prefix that are asked for at once at first; twice as many each further time, since a prefix is often known not far, or to its end.</summary>
    private const int LookupsFirst = 64;

    private const int LookupsMax = 1024;

    /// <inheritdoc/>
    public ValueTask<GetResult> GetAsync(CacheKey key, GetOptions? options, CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        cancellationToken.ThrowIfCancellationRequested();
        var leaseFor = options?.LeaseFor ?? _node.Defaults.LeaseDuration;
        var deadline = DeadlineOf(options?.Deadline, _node.Defaults.AskTimeout);
        return TryGetLocal(key, leaseFor, out var result)
            ? new ValueTask<GetResult>(result)
            : GetByOwnerAsync(key, leaseFor, deadline, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<GetIntoResult> GetIntoAsync(
        CacheKey key, Memory<byte> destination, GetOptions? options, CancellationToken cancellationToken)
    {
        using var result = await GetAsync(key, options, cancellationToken);
        if (!result.IsHit)
            return GetIntoResult.Miss;
        var lease = result.Lease;
        if (lease.LengthBytes > destination.Length)
            throw new ArgumentException(
                $"The block has {lease.LengthBytes} bytes and the destination {destination.Length}: nothing was written.", nameof(destination));
        lease.Span.CopyTo(destination.Span);

        // A lease that ended while its bytes were copied held nothing in place: what was copied may be another block's.
        return lease.IsHeld ? new GetIntoResult(true, (int)lease.LengthBytes, lease.Tier) : GetIntoResult.Miss;
    }

    /// <inheritdoc/>
    public async ValueTask<GetResult[]> GetManyAsync(
        ReadOnlyMemory<CacheKey> keys, GetOptions? options, CancellationToken cancellationToken)
    {
        var results = new GetResult[keys.Length];
        var pending = new Queue<(int Index, Task<GetResult> Get)>();
        try
        {
            for (var i = 0; i < results.Length; i++)
            {
                if (pending.Count == GetsInFlight)
                    await TakeFirstAsync();
                var get = GetAsync(keys.Span[i], options, cancellationToken);
                if (get.IsCompletedSuccessfully)
                    results[i] = get.Result;
                else
                    pending.Enqueue((i, get.AsTask()));
            }

            while (pending.Count > 0)
                await TakeFirstAsync();
            return results;
        }
        catch
        {
            foreach (var result in results)
                result.Dispose();
            foreach (var (_, get) in pending)
                _ = get.ContinueWith(
                    late => late.Result.Dispose(),
                    CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }

        async ValueTask TakeFirstAsync()
        {
            var (index, get) = pending.Dequeue();
            results[index] = await get;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<int> LongestPrefixAsync(
        ReadOnlyMemory<CacheKey> keys, GetOptions? options, CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        var giveUpAt = _node.Time.GetElapsedTime(0) + DeadlineOf(options?.Deadline, _node.Defaults.AskTimeout);
        var window = LookupsFirst;
        for (var done = 0; done < keys.Length; window = Math.Min(window * 2, LookupsMax))
        {
            cancellationToken.ThrowIfCancellationRequested();

            // All questions of a window are under way at once, so that they cost one round trip to each node that is asked.
            var end = Math.Min(keys.Length, done + window);
            var left = giveUpAt - _node.Time.GetElapsedTime(0);
            var lookups = new Task<bool>[end - done];
            for (var i = done; i < end; i++)
                lookups[i - done] = IsKnownAsync(keys.Span[i], left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
            await Task.WhenAll(lookups);
            for (; done < end; done++)
            {
                if (!lookups[done - (end - lookups.Length)].Result)
                    return done;
            }
        }

        return keys.Length;
    }

    private async Task<bool> IsKnownAsync(CacheKey key, TimeSpan left, CancellationToken cancellationToken) =>
        _node.Arena.Directory.Contains(key.Digest)
        || await AskAsync(_node, _node.Actors.KeyIndex, new Lookup(key.Digest), left, cancellationToken) is Found;

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
        CacheKey key, TimeSpan leaseFor, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var giveUpAt = _node.Time.GetElapsedTime(0) + deadline;
        var again = TryReadAgain(key.Digest, leaseFor, deadline, cancellationToken);
        var lookup = AskAsync(_node, _node.Actors.KeyIndex, new Lookup(key.Digest), deadline, cancellationToken);
        var found = await AnswerOfAsync(lookup, again);
        if (again is not null && await TryTakeAsync(again, found) is { } result)
            return result;
        if (found is null)
            return GetResult.Miss;
        ObserveStamp(found.Binding.Stamp);
        return await LocateAndReadAsync(found, leaseFor, deadline, giveUpAt, cancellationToken);
    }

    private async ValueTask<GetResult> LocateAndReadAsync(
        Found found, TimeSpan leaseFor, TimeSpan deadline, TimeSpan giveUpAt, CancellationToken cancellationToken)
    {
        GetResult? last = null;
        for (var attempt = 0; attempt < LocatesMax; attempt++)
        {
            var left = giveUpAt - _node.Time.GetElapsedTime(0);
            if (left <= TimeSpan.Zero)
                return last ?? TooLate(deadline);
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
                ? await ReadHereAsync(found, located, leaseFor, left, cancellationToken)
                : await ReadElsewhereAsync(found, located, leaseFor, left, cancellationToken);
            if (last is { } result && (result.IsHit || (result.MissReason is not null && located.Copy.Node == _node.Self)))
                return result;

            // A holder that does not answer may have died: as soon as that is known another copy is located, or none.
            if (last is { MissReason: not null } && attempt > 0)
                await Task.Delay(TimeSpan.FromTicks(Math.Min(PauseMax.Ticks * 4, PauseMin.Ticks << Math.Min(attempt, 10))), _node.Time, cancellationToken);
        }

        return last ?? GetResult.Miss;
    }

    private static GetResult TooLate(TimeSpan deadline) => new(false, default, $"the block was not found within {deadline}");

    /// <summary>What another node stamped is before what this one stamps from now on.</summary>
    private void ObserveStamp(HybridTimestamp stamp) => _node.Clock.Observe(stamp, _node.Time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Reads a copy of this node; a miss without a reason when it is gone from where its owner knew it.</summary>
    private async ValueTask<GetResult> ReadHereAsync(
        Found found, Located located, TimeSpan leaseFor, TimeSpan left, CancellationToken cancellationToken)
    {
        // The copy is held by the directory's own lease from here on; the owner's has done its work.
        var whyNot = located.Copy.Tier == TierKind.Cold ? await StageAsync(found, located, left, cancellationToken) : null;
        var outcome = _node.Arena.Directory.Lease(found.Id, leaseFor, out var lease);
        _node.Actors.Owners.Tell(new Release(found.Id, located.Lease));
        if (outcome == LeaseOutcome.Leased)
            return await NameAsync(found, lease.FoundIn(located.Copy.Tier));
        if (whyNot is not null)
            return new GetResult(false, default, whyNot);
        return outcome == LeaseOutcome.TooManyLeases ? NoLease : GetResult.Miss;
    }

    /// <summary>Reads a copy of another node; a miss without a reason when it is gone from where its owner knew it.</summary>
    private async ValueTask<GetResult> ReadElsewhereAsync(
        Found found, Located located, TimeSpan leaseFor, TimeSpan left, CancellationToken cancellationToken)
    {
        var asked = _node.Time.GetElapsedTime(0);
        if (await ReadSharedAsync(found, located, leaseFor, left, cancellationToken) is { } shared)
            return shared;
        left -= _node.Time.GetElapsedTime(0) - asked;
        var read = await _node.Remote.ReadAsync(found.Id, located.Copy, leaseFor, left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
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

    /// <summary>Has a block of the cold tier read into memory. Null when it was, or is no longer stored; otherwise why not.</summary>
    private async ValueTask<string?> StageAsync(Found found, Located located, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var fetch = new ColdFetch(found.Binding.Key, found.Id, deadline, _node.Defaults.ReadAheadBlocks);
        try
        {
            switch (await _node.Actors.Cold!.Ask<object>(fetch, deadline, cancellationToken))
            {
                case ColdFetched:
                    // The memory tier was told of the block before this caller was: its answer says that it has made it readable.
                    await AskAsync(_node, _node.Actors.Memory, new BindAlias(found.Id, found.Binding), deadline, cancellationToken);
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
            return $"the block was not read from disk within {deadline}";
        }
        catch (Exception e) when (e is MailboxFullException or DeadLetterException)
        {
            throw Unavailable(_node.Actors.Cold!, fetch, e);
        }
    }

    /// <summary>The next reader finds the block in the directory, unless the key was deleted while this one was on its way.</summary>
    private async ValueTask<GetResult> NameAsync(Found found, BlockLease lease)
    {
        try
        {
            _node.Actors.Memory.Tell(new BindAlias(found.Id, found.Binding));
            await BindAsync(_node, found.Binding, found.Id);
            return new GetResult(true, lease);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }
}
