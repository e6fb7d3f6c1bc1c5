using System.Globalization;
using Cascade.Actors;
using Cascade.Core.Cold;
using Cascade.Core.Identity;
using Cascade.Core.Messages;

namespace Cascade.Hosting;

internal sealed partial class CascadeCache
{
    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(CacheKey key, CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        var time = new CallTime(_node.Time, _node.Defaults.AskTimeout);

        // Looked up first: a deletion whose answer is lost is asked for again, and then the index no longer knows what the key named. And what is known of the
        // key is from before the deletion, whatever this node's clock says.
        var known = await AskAsync(_node, _node.Actors.KeyIndex, new Lookup(key.Digest), time.Left, cancellationToken) as Found;
        if (known is not null)
            ObserveStamp(known.Binding.Stamp);
        var stamp = BindingOf(key).Stamp;
        var named = await AskAsync(_node, _node.Actors.KeyIndex, new Unbind(key.Digest, stamp), time.Left, cancellationToken) as Found ?? known;
        if (named?.Id is not { } id)
            TryFindLocal(key, out id);
        if (!id.IsZero)
            await AskAsync(_node, _node.Actors.Registry, new Unregister(key.Digest, stamp), time.Left, cancellationToken);
        var isInFiles = await ReleaseKeyAsync(_node, key.Digest, id, stamp, time, cancellationToken) switch
        {
            Busy busy => throw NotDeleted(busy.Reason),
            Unavailable unavailable => throw NotDeleted(unavailable.Reason),
            var reply => reply is ColdRemoved { Found: true },
        };
        if (id.IsZero)
            return isInFiles;

        // The tier has asked the owner to let a copy without a key go. This question is behind that one: once it is answered, the
        // room of a block that nobody reads comes before whatever the caller puts next.
        await AskAsync(_node, _node.Actors.Owners, new Describe(id), time.Left, cancellationToken);
        return true;
    }

    private static CascadeUnavailableException NotDeleted(string reason) =>
        new($"The key is gone from memory, but its deletion may not have reached the disk: {reason}. Delete it again.");

    /// <inheritdoc/>
    public async ValueTask<ProtectResult> ProtectAsync(ReadOnlyMemory<CacheKey> keys, CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        for (var i = 0; i < keys.Length; i++)
        {
            if (await ProtectOneAsync(keys.Span[i], cancellationToken) is { } failed)
                return failed with { Registered = i };
        }

        return new ProtectResult(ProtectStatus.Protected, keys.Length);
    }

    /// <inheritdoc/>
    public async ValueTask UnprotectAsync(ReadOnlyMemory<CacheKey> keys, CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        for (var i = 0; i < keys.Length; i++)
            await UnprotectOneAsync(keys.Span[i], _node.Defaults.AskTimeout, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<BlockStat?> StatAsync(CacheKey key, CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        var time = new CallTime(_node.Time, _node.Defaults.AskTimeout);
        if (await AskAsync(_node, _node.Actors.KeyIndex, new Lookup(key.Digest), time.Left, cancellationToken) is not Found found)
            return null;
        var block = (BlockDescription)await AskAsync(_node, _node.Actors.Owners, new Describe(found.Id), time.Left, cancellationToken);
        if (block.Copies.Count == 0)
            return null;
        var frequency = (FrequencyEstimate)await AskAsync(_node, _node.Actors.Tracker, new EstimateFrequency(found.Id), time.Left, cancellationToken);
        return new BlockStat(key.Digest, block, block.Copies[0].LengthBytes, found.Binding.Depth, frequency.Reads);
    }

    /// <inheritdoc/>
    public async ValueTask<NodeStat> StatAsync(CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        var time = new CallTime(_node.Time, _node.Defaults.AskTimeout);
        var gpu = _node.Gpu is { } devices
            ? (TierReport)await AskAsync(_node, devices.Tier, ReportTier.Instance, time.Left, cancellationToken)
            : null;
        var memory = (TierReport)await AskAsync(_node, _node.Actors.Memory, ReportTier.Instance, time.Left, cancellationToken);
        var cold = _node.Actors.Cold is { } actor
            ? (TierReport)await AskAsync(_node, actor, ReportTier.Instance, time.Left, cancellationToken)
            : null;
        return new NodeStat(
            _node.Self, [.. new[] { gpu, memory, cold }.OfType<TierReport>()], _node.Registered.State.UsedBytes, _node.Defaults.ProtectedQuotaBytes, _node.Arena.Directory.HeldLeases)
        {
            Traffic = _node.Router?.Traffic ?? [],
        };
    }

    /// <summary>Null when the key's block is registered; otherwise the outcome.</summary>
    private async ValueTask<ProtectResult?> ProtectOneAsync(CacheKey key, CancellationToken cancellationToken)
    {
        var time = new CallTime(_node.Time, _node.Defaults.AskTimeout);
        if (await FindInMemoryAsync(key, time, cancellationToken) is not { } known)
        {
            // A block that is in files alone comes into memory first, and stays there from the registration on.
            using var lease = await GetAsync(key, _node.Defaults.LeaseDuration, time, default, cancellationToken);
            if (await FindInMemoryAsync(key, time, cancellationToken) is not { } staged)
                return NotHere(key);
            known = staged;
        }

        var (id, lengthBytes) = known;
        var register = new Register(key.Digest, id, lengthBytes, BindingOf(key).Stamp);
        switch (await AskAsync(_node, _node.Actors.Registry, register, time.Left, cancellationToken))
        {
            case QuotaExceeded over:
                return new ProtectResult(ProtectStatus.QuotaExceeded, 0, string.Create(
                    CultureInfo.InvariantCulture,
                    $"The block needs {over.NeededBytes} bytes and {over.UsedBytes} of {over.QuotaBytes} are protected already: unprotect what is no longer shared, or raise cascade.protection.quota-share."));
            case Refused refused:
                return new ProtectResult(ProtectStatus.QuotaExceeded, 0, refused.Reason);
            case Busy busy:
                throw new CascadeUnavailableException(busy.Reason);
        }

        // It may have been evicted just before the registration took hold; from then on it cannot be.
        var isProtected = await AskAsync(_node, _node.Actors.Owners, new Protect(id, key.Digest), time.Left, cancellationToken) is ProtectDone;
        if (!_node.IsClient && (!_node.Registered.State.TryGet(key.Digest, out var entry) || entry.IsRemoved || entry.Id != id))
        {
            // A withdrawal overtook it: what the registry told the owner then came before the protection.
            _node.Actors.Owners.Tell(new Unprotect(id, key.Digest));
            return NotHere(key);
        }

        if (isProtected && await FindInMemoryAsync(key, time, cancellationToken) is { } still && still.Id == id)
            return null;
        await UnprotectOneAsync(key, time.Left, cancellationToken);
        return NotHere(key);
    }

    private Task<object> UnprotectOneAsync(CacheKey key, TimeSpan timeout, CancellationToken cancellationToken) =>
        AskAsync(_node, _node.Actors.Registry, new Unregister(key.Digest, BindingOf(key).Stamp), timeout, cancellationToken);

    /// <summary>The block that a key names when it is in some node's memory.</summary>
    private async ValueTask<(BlockId Id, long LengthBytes)?> FindInMemoryAsync(CacheKey key, CallTime time, CancellationToken cancellationToken)
    {
        if (_node.Arena.Directory.TryDescribe(key.Digest, out var here, out var id))
            return (id, here.LengthBytes);
        if (await AskAsync(_node, _node.Actors.KeyIndex, new Lookup(key.Digest), time.Left, cancellationToken) is not Found found)
            return null;
        foreach (var copy in await CopiesOfAsync(_node, found.Id, time.Left, cancellationToken))
        {
            if (copy.Tier == TierKind.Shm)
                return (found.Id, copy.LengthBytes);
        }

        return null;
    }

    private bool TryFindLocal(in CacheKey key, out BlockId id) => _node.Arena.Directory.TryDescribe(key.Digest, out _, out id);

    private static ProtectResult NotHere(in CacheKey key) =>
        new(ProtectStatus.NotFound, 0, $"Key {key} names no block here: put it first.");
}
