using System.Globalization;
using Cascade.Core.Identity;

namespace Cascade.Hosting;

internal sealed partial class CascadeCache
{
    /// <inheritdoc/>
    public async ValueTask<PutResult> PutAsync(
        CacheKey key, ReadOnlyMemory<byte> bytes, PutOptions? options, CancellationToken cancellationToken)
    {
        using var pin = bytes.Pin();
        return await PutAsync(key, NativeOf(pin, bytes.Length), options, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<PutResult> PutAsync(
        CacheKey key, NativeBytes bytes, PutOptions? options, CancellationToken cancellationToken)
    {
        var (result, _) = await PutAsync(key, bytes, options, TimeOf(options), cancellationToken);
        return result;
    }

    /// <summary>How long a call may wait, whatever number of blocks it puts.</summary>
    private CallTime TimeOf(PutOptions? options) => new(_node.Time, DeadlineOf(options?.Deadline, _node.Defaults.PutDeadline));

    /// <summary>Puts a block, and says what time there is for the next one of the call.</summary>
    private async ValueTask<(PutResult Result, CallTime Time)> PutAsync(
        CacheKey key, NativeBytes bytes, PutOptions? options, CallTime time, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (WhyNotPut(key, bytes, options) is { } refused)
            return (refused, time);
        var put = new PutOperation(_node, BindingOf(key), bytes, options?.Id, options?.Acknowledgement ?? Acknowledgement.Memory, time);

        // The arena must not be closed under a put that writes into it: counted first, looked at second, against Stop's order.
        Interlocked.Increment(ref _callsUnderWay);
        try
        {
            ThrowIfStopping();
            return (await put.RunAsync(cancellationToken), put.Time);
        }
        finally
        {
            Interlocked.Decrement(ref _callsUnderWay);
        }
    }

    /// <summary>Null for what can be put; otherwise the outcome.</summary>
    /// <exception cref="ArgumentException">The call can never work.</exception>
    private PutResult? WhyNotPut(in CacheKey key, NativeBytes bytes, PutOptions? options)
    {
        if (key.Digest.IsZero)
            throw new ArgumentException("The key is empty: make one by CacheNamespace.Key.", nameof(key));
        if (bytes.LengthBytes == 0)
            return new PutResult(PutStatus.Refused, default, "A block has at least 1 byte; this one has none.");
        ArgumentOutOfRangeException.ThrowIfNegative(bytes.LengthBytes);
        if (bytes.Address == 0)
            throw new ArgumentException("The block's address is null.", nameof(bytes));
        return Unsupported(options?.Acknowledgement ?? Acknowledgement.Memory) is { } reason ? new PutResult(PutStatus.Refused, default, reason) : null;
    }

    private static unsafe NativeBytes NativeOf(System.Buffers.MemoryHandle pin, int length) => new((nint)pin.Pointer, length);

    private string? Unsupported(Acknowledgement acknowledgement)
    {
        if (acknowledgement.IsDurable && _node.Actors.Cold is null && !_node.IsClient)
            return "Durable acknowledgement needs a cold tier and this node has none: set cascade.tiers.cold.directory, or use Acknowledgement.Memory.";
        var nodes = _node.Nodes.View.Current.Members.Members.Count(static member => member.TakesWork);
        return acknowledgement.Machines > 1 && acknowledgement.Machines > nodes
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"Replicated({acknowledgement.Machines}) needs {acknowledgement.Machines} nodes that store, and this cluster has {nodes}: use Acknowledgement.Memory, or start more.")
            : null;
    }
}
