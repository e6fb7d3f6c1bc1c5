using Cascade.Actors;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Tiers.Shm;

namespace Cascade.Hosting;

internal sealed partial class CascadeCache
{
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
        try
        {
            for (var i = 0; i < results.Length; i++)
                results[i] = await GetAsync(keys.Span[i], options, cancellationToken);
            return results;
        }
        catch
        {
            foreach (var result in results)
                result.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<int> LongestPrefixAsync(
        ReadOnlyMemory<CacheKey> keys, GetOptions? options, CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        var deadline = DeadlineOf(options?.Deadline, _node.Defaults.AskTimeout);
        for (var i = 0; i < keys.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_node.Arena.Directory.Contains(keys.Span[i].Digest))
                continue;
            var lookup = new Lookup(keys.Span[i].Digest);
            if (await AskAsync(_node.Actors.KeyIndex, lookup, deadline, cancellationToken) is not Found)
                return i;
        }

        return keys.Length;
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
                result = new GetResult(false, default, "all leases are in use: dispose those that are done with, or raise cascade.leases.max");
                return true;
            default:
                result = GetResult.Miss;
                return false;
        }
    }

    private async ValueTask<GetResult> GetByOwnerAsync(
        CacheKey key, TimeSpan leaseFor, TimeSpan deadline, CancellationToken cancellationToken)
    {
        if (await AskAsync(_node.Actors.KeyIndex, new Lookup(key.Digest), deadline, cancellationToken) is not Found found)
            return GetResult.Miss;
        var locate = new Locate(found.Id, _node.Self, leaseFor);
        var reply = await AskAsync(_node.Actors.Owners, locate, deadline, cancellationToken);
        if (reply is Busy busy)
            return new GetResult(false, default, busy.Reason);
        if (reply is not Located located)
        {
            // Between a grant to evict and its withdrawal the owner does not know a copy that stays.
            if (!_node.Arena.Directory.TryDescribe(found.Id, out _))
                _node.Actors.KeyIndex.Tell(new Forget(key.Digest, found.Id, found.Binding.Stamp));
            return GetResult.Miss;
        }

        // The copy is held by the directory's own lease from here on; the owner's has done its work.
        var outcome = _node.Arena.Directory.Lease(found.Id, leaseFor, out var lease);
        _node.Actors.Owners.Tell(new Release(found.Id, located.Lease));
        if (outcome != LeaseOutcome.Leased)
            return GetResult.Miss;

        // The next reader finds it in the directory, unless the key was deleted while this one was on its way.
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
