using Cascade.Actors;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Tiers.Gpu;
using Cascade.Tiers.Shm;

namespace Cascade.Hosting;

/// <content>Blocks in device memory, of this node and of callers.</content>
internal sealed partial class CascadeCache
{
    /// <summary>Keys looked up again because they were bound to another block while theirs was on its way.</summary>
    private const int BringsMax = 4;

    /// <summary>Blocks that are brought to devices because they are read often, at a time; further ones wait for their next reader.</summary>
    private const int PromotionsMax = 4;

    /// <summary>The lease outlives the copy out of it, also behind many large ones.</summary>
    private static readonly TimeSpan LeaseSlack = TimeSpan.FromMinutes(10);

    private static readonly GpuGetResult NoDevice =
        new(false, default, "this node has no device memory: set cascade.tiers.gpu.capacity on a machine with a GPU");

    private static readonly GpuGetResult NoGpuLease =
        new(false, default, "all leases on device memory are in use: dispose those that are done with, or raise cascade.leases.max");

    private int _promotions;

    /// <inheritdoc/>
    public ValueTask<GpuGetResult> GetAsync(CacheKey key, GpuTier tier, GetOptions? options, CancellationToken cancellationToken)
    {
        ThrowIfStopping();
        cancellationToken.ThrowIfCancellationRequested();
        var leaseFor = options?.LeaseFor ?? _node.Defaults.LeaseDuration;
        if (_node.Gpu is not { } gpu)
            return new ValueTask<GpuGetResult>(NoDevice);
        return gpu.Pool.Lease(key.Digest, leaseFor, out var lease) switch
        {
            LeaseOutcome.Leased => new ValueTask<GpuGetResult>(new GpuGetResult(true, lease)),
            LeaseOutcome.TooManyLeases => new ValueTask<GpuGetResult>(NoGpuLease),
            _ => BringUpAsync(gpu, key, leaseFor, options, cancellationToken),
        };
    }

    /// <summary>Apart from the hit, which allocates nothing.</summary>
    private ValueTask<GpuGetResult> BringUpAsync(DeviceMemoryContext gpu, CacheKey key, TimeSpan leaseFor, GetOptions? options, CancellationToken cancellationToken) =>
        CountedAsync(() => BringUpAsync(gpu, key, leaseFor, TimeOf(options), cancellationToken));

    /// <inheritdoc/>
    public ValueTask<GetIntoDeviceResult> GetIntoDeviceAsync(CacheKey key, DeviceMemory destination, GetOptions? options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _node.Gpu is { } gpu
            ? CountedAsync(() => CopyToDeviceAsync(gpu, key, destination, TimeOf(options), cancellationToken))
            : new ValueTask<GetIntoDeviceResult>(new GetIntoDeviceResult(false, 0, default, NoDevice.MissReason));
    }

    /// <inheritdoc/>
    public ValueTask<PutResult> PutFromDeviceAsync(CacheKey key, DeviceMemory bytes, PutOptions? options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var native = new NativeBytes(bytes.Pointer, bytes.LengthBytes);
        if (WhyNotPut(key, native, options) is { } refused)
            return new ValueTask<PutResult>(refused);
        return _node.Gpu is { } gpu
            ? CountedAsync(() => PutFromDeviceAsync(gpu, key, bytes, options, cancellationToken))
            : new ValueTask<PutResult>(new PutResult(PutStatus.Refused, default, NoDevice.MissReason));
    }

    /// <inheritdoc/>
    public GpuSlabExport ExportSlab(int device)
    {
        ThrowIfStopping();
        return SlabOf(_node.Gpu, device).Export();
    }

    /// <summary>Memory must not be closed under a call: counted first, looked at second, against Stop's order.</summary>
    private async ValueTask<T> CountedAsync<T>(Func<ValueTask<T>> call)
    {
        Interlocked.Increment(ref _callsUnderWay);
        try
        {
            ThrowIfStopping();
            return await call();
        }
        finally
        {
            Interlocked.Decrement(ref _callsUnderWay);
        }
    }

    private static GpuSlab SlabOf(DeviceMemoryContext? gpu, int device) => gpu?.Pool.On(device)
        ?? throw new InvalidOperationException($"The node has no memory of device {device}: see cascade.tiers.gpu.capacity and devices.");

    private async ValueTask<GpuGetResult> BringUpAsync(DeviceMemoryContext gpu, CacheKey key, TimeSpan leaseFor, CallTime time, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < BringsMax; attempt++)
        {
            if (gpu.Pool.Failure is { } failure)
                return new GpuGetResult(false, default, failure);
            using var host = await GetAsync(key, time.Left + LeaseSlack, time, default, cancellationToken);
            if (!host.IsHit)
                return new GpuGetResult(false, default, host.MissReason);
            if (await AskAsync(_node, _node.Actors.KeyIndex, new Lookup(key.Digest), time.Left, cancellationToken) is not Found found)
                return GpuGetResult.Miss;
            if (found.Id != host.Lease.Id)
                continue;
            var source = host.Lease;
            if (await BringUpAsync(gpu, found, source.Address, source.LengthBytes, fromDevice: false, () => source.IsHeld, time.Left, time) is { } whyNot)
                return new GpuGetResult(false, default, whyNot);
            switch (gpu.Pool.Lease(found.Id, leaseFor, out var lease))
            {
                case LeaseOutcome.Leased:
                    return new GpuGetResult(true, lease) { FoundIn = host.Lease.Tier };
                case LeaseOutcome.TooManyLeases:
                    return NoGpuLease;
            }
        }

        return new GpuGetResult(false, default, "the block keeps being given up on the device, or its key bound to another: device memory is far too small for the load");
    }

    /// <summary>Brings a block to a device and names it there; null, or why not.</summary>
    private async ValueTask<string?> BringUpAsync(
        DeviceMemoryContext gpu, Found found, nint source, long lengthBytes, bool fromDevice, Func<bool> isHeld, TimeSpan roomWithin, CallTime time)
    {
        object answer = gpu.Pool.TryDescribe(found.Id, out _)
            ? await AskAsync(_node, gpu.Tier, new BindAlias(found.Id, found.Binding), time.Left, CancellationToken.None)
            : await gpu.Mover.BringUpAsync(found.Id, found.Binding, source, lengthBytes, fromDevice, isHeld, roomWithin, time.Left);
        switch (answer)
        {
            case Published or AliasBound:
                // A key that was deleted or bound to another block while this one was on its way is let go of again.
                await BindAsync(_node, found.Binding, found.Id, time.LeftToEnd);
                return null;
            case Busy busy:
                return busy.Reason;
            case Refused refused:
                return refused.Reason;
            case Unavailable unavailable:
                return unavailable.Reason;
            default:
                throw Unexpected(answer, found);
        }
    }

    private async ValueTask<GetIntoDeviceResult> CopyToDeviceAsync(
        DeviceMemoryContext gpu, CacheKey key, DeviceMemory destination, CallTime time, CancellationToken cancellationToken)
    {
        var slab = SlabFor(gpu, destination);
        if (gpu.Pool.Lease(key.Digest, time.Left + LeaseSlack, out var held) == LeaseOutcome.Leased)
        {
            using (held)
            {
                // Streams of one device do not wait for another's: a block that lies there comes by way of the host.
                if (held.Device == destination.Device)
                    return await CopyToDeviceAsync(slab, GpuCopyKind.OnDevice, held.DevicePointer, held.LengthBytes, TierKind.Gpu, destination, () => held.IsHeld);
            }
        }

        using var host = await GetAsync(key, time.Left + LeaseSlack, time, default, cancellationToken);
        if (!host.IsHit)
            return new GetIntoDeviceResult(false, 0, default, host.MissReason);
        var lease = host.Lease;
        var result = await CopyToDeviceAsync(slab, GpuCopyKind.HostToCaller, lease.Address, lease.LengthBytes, lease.Tier, destination, () => lease.IsHeld);
        if (result.IsHit && gpu.Hits.Note(lease.Id))
            PromoteToDevice(key);
        return result;
    }

    private static async ValueTask<GetIntoDeviceResult> CopyToDeviceAsync(
        GpuSlab slab, GpuCopyKind kind, nint from, long lengthBytes, TierKind tier, DeviceMemory destination, Func<bool> isHeld)
    {
        if (lengthBytes > destination.LengthBytes)
            throw new ArgumentException(
                $"The block has {lengthBytes} bytes and the destination {destination.LengthBytes}: nothing was written.", nameof(destination));
        var result = await slab.CopyAsync(new GpuCopy(kind, from, destination.Pointer, lengthBytes, destination.Stream));
        if (result is not { Succeeded: true })
            return new GetIntoDeviceResult(false, 0, default, result?.Failure?.Message ?? "as many copies are under way as the device takes");

        // A lease that ended while its bytes were copied held nothing in place: what was copied may be another block's.
        return isHeld() ? new GetIntoDeviceResult(true, lengthBytes, tier) : GetIntoDeviceResult.Miss;
    }

    /// <summary>Brings a block to a device that is read there often, behind its reader's back.</summary>
    private void PromoteToDevice(CacheKey key)
    {
        if (Interlocked.Increment(ref _promotions) > PromotionsMax)
            Interlocked.Decrement(ref _promotions);
        else
            _ = PromoteAsync();

        async Task PromoteAsync()
        {
            try
            {
                (await GetAsync(key, Tier.Gpu, options: null, CancellationToken.None)).Dispose();
            }
            catch (Exception e) when (e is CascadeUnavailableException or OperationCanceledException)
            {
                // Its next readers try again.
            }
            finally
            {
                Interlocked.Decrement(ref _promotions);
            }
        }
    }

    private async ValueTask<PutResult> PutFromDeviceAsync(
        DeviceMemoryContext gpu, CacheKey key, DeviceMemory bytes, PutOptions? options, CancellationToken cancellationToken)
    {
        var fill = new DeviceFill(SlabFor(gpu, bytes), bytes, gpu.Digest);
        var time = TimeOf(options);
        var begun = time.Now;
        if (await fill.TryNameAsync() is { } failed)
            return failed;
        if (fill.Id is { } named && options?.Id is { } expected && named != expected)
            throw new ArgumentException($"The bytes are block {named}, not {expected} as PutOptions.Id says: nothing was stored.", nameof(options));

        // Naming is work, and no wait.
        time = time.LaterBy(time.Now - begun);
        var binding = BindingOf(key);
        var put = new PutOperation(
            _node, binding, new NativeBytes(bytes.Pointer, bytes.LengthBytes), fill.Id ?? options?.Id, options?.Acknowledgement ?? Acknowledgement.Memory, time, fill);
        var result = await put.RunAsync(cancellationToken);

        if (result.IsReadable)
            await KeepOnDeviceAsync(gpu, new Found(binding, result.Id), bytes, put.Time);
        return result;
    }

    /// <summary>For room on the device a put does not wait, nor does it fail without: its block is in shared memory.</summary>
    private async ValueTask KeepOnDeviceAsync(DeviceMemoryContext gpu, Found found, DeviceMemory bytes, CallTime time)
    {
        try
        {
            await BringUpAsync(gpu, found, bytes.Pointer, bytes.LengthBytes, fromDevice: true, static () => true, TimeSpan.Zero, time);
        }
        catch (CascadeUnavailableException)
        {
            // Whether the key may name it there is not known: without an answer the tier lets go of it.
            gpu.Tier.Tell(new ReleaseKey(found.Binding.Key, found.Id, found.Binding.Stamp), ActorRefs.NoSender);
        }
    }

    /// <exception cref="ArgumentException">The node has no memory of the device, or the caller's is none.</exception>
    private static GpuSlab SlabFor(DeviceMemoryContext gpu, DeviceMemory memory)
    {
        if (memory.Pointer == 0 || memory.LengthBytes <= 0)
            throw new ArgumentException($"{memory.LengthBytes} bytes at {memory.Pointer:x} are no device memory.", nameof(memory));
        return gpu.Pool.On(memory.Device)
            ?? throw new ArgumentException($"The node has no memory of device {memory.Device}: see cascade.tiers.gpu.capacity and devices.", nameof(memory));
    }
}
