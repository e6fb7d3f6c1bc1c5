using System.Buffers.Binary;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Hosting.Replay;
using Cascade.Tiers.Gpu;

namespace Cascade.Hosting.Benchmarks.Gpu;

/// <summary>One of the callers that put blocks through device memory at the same time: puts a new one, reads it there, and reads an older one, anybody's, again.</summary>
/// <param name="cache">The cache.</param>
/// <param name="slab">Its memory of the device.</param>
/// <param name="memory">Memory of which this caller has one block on either side.</param>
/// <param name="number">Which: 0 and up.</param>
/// <param name="blockBytes">Length of the largest block.</param>
/// <param name="tally">Takes what happened.</param>
internal sealed class GpuChurnCaller(ICascade cache, GpuSlab slab, GpuScratch memory, int number, int blockBytes, GpuChurnTally tally)
{
    /// <summary>Digests are of memory at such a multiple; a device's copies need none.</summary>
    private const int LengthUnit = 16;

    /// <summary>How far back older blocks are read: twice what the device holds.</summary>
    private const int WindowSlabs = 2;

    private static readonly CacheNamespace Keys = new("bench/gpu-churn");

    private readonly nint _host = memory.HostPointer + ((nint)number * blockBytes);
    private readonly nint _device = memory.DevicePointer + ((nint)number * blockBytes);

    /// <summary>Puts and reads until it is enough.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (tally.TryTake(out var block))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                if (await PutAsync(block, cancellationToken) && await ReadOnDeviceAsync(block, cancellationToken))
                    tally.Put(LengthOf(block));
                await ReadOlderAsync(block, cancellationToken);
            }
            catch (CascadeUnavailableException e)
            {
                tally.Error(e.Message);
            }
        }
    }

    private async Task<bool> PutAsync(ulong block, CancellationToken cancellationToken)
    {
        var length = LengthOf(block);
        BlockContent.Fill(block, Host(length));
        var isFromDevice = block % 2 == 1;
        if (isFromDevice && !await CopyAsync(GpuCopyKind.HostToCaller, _host, _device, length))
            return false;
        var put = isFromDevice
            ? await cache.PutFromDeviceAsync(KeyOf(block), OwnMemory(length), null, cancellationToken)
            : await cache.PutAsync(KeyOf(block), new NativeBytes(_host, length), null, cancellationToken);
        if (put.IsReadable && isFromDevice && slab.DigestTrouble is null)
            tally.Named(put.Id == IdOf(Host(length)));
        if (!put.IsReadable)
            tally.Error($"put: {put.Status}: {put.Reason ?? "no reason given"}");
        return put.IsReadable;
    }

    /// <summary>False when the block is gone already, or could not be had.</summary>
    private async Task<bool> ReadOnDeviceAsync(ulong block, CancellationToken cancellationToken)
    {
        using var result = await cache.GetAsync(KeyOf(block), Tier.Gpu, options: null, cancellationToken);
        if (!result.IsHit)
            return Missed(result.MissReason);
        var lease = result.Lease;
        if (lease.LengthBytes != LengthOf(block))
        {
            tally.Read(lease.LengthBytes, fromDevice: true, Math.Abs(lease.LengthBytes - LengthOf(block)));
            return true;
        }

        Host(blockBytes).Clear();
        if (!await CopyAsync(GpuCopyKind.ToHost, lease.DevicePointer, _host, lease.LengthBytes) || !lease.IsHeld)
            return Missed("a lease ran out");
        Compare(block, Host(LengthOf(block)), fromDevice: true);
        return true;
    }

    /// <summary>In either memory, or into memory of the caller's own.</summary>
    private async Task ReadOlderAsync(ulong block, CancellationToken cancellationToken)
    {
        var random = new SplitMix64(block);
        var window = Math.Min(block, (ulong)(2 * WindowSlabs * slab.CapacityBytes / blockBytes));
        if (window == 0)
            return;
        var older = block - 1 - random.Below(window);
        switch (random.Below(3))
        {
            case 0:
                await ReadOnDeviceAsync(older, cancellationToken);
                break;
            case 1:
                using (var result = await cache.GetAsync(KeyOf(older), options: null, cancellationToken))
                {
                    if (!result.IsHit)
                        Missed(result.MissReason);
                    else
                        Compare(older, result.Lease.Span, fromDevice: false);
                }

                break;
            default:
                await ReadIntoOwnAsync(older, cancellationToken);
                break;
        }
    }

    private async Task ReadIntoOwnAsync(ulong block, CancellationToken cancellationToken)
    {
        var result = await cache.GetIntoDeviceAsync(KeyOf(block), OwnMemory(blockBytes), options: null, cancellationToken);
        if (!result.IsHit)
        {
            Missed(result.MissReason);
            return;
        }

        Host(blockBytes).Clear();
        if (await CopyAsync(GpuCopyKind.CallerToHost, _device, _host, result.LengthBytes))
            Compare(block, Host((int)result.LengthBytes), result.Tier == TierKind.Gpu);
    }

    private async Task<bool> CopyAsync(GpuCopyKind kind, nint from, nint to, long lengthBytes)
    {
        var copying = slab.CopyAsync(new GpuCopy(kind, from, to, lengthBytes));
        tally.Look();
        var result = await copying;
        if (result is { Succeeded: true })
            return true;
        tally.Error($"copy: {result?.Failure?.Message ?? "as many are under way as the device takes"}");
        return false;
    }

    private void Compare(ulong block, ReadOnlySpan<byte> bytes, bool fromDevice)
    {
        var length = LengthOf(block);
        var common = bytes[..Math.Min(bytes.Length, length)];
        var wrong = (bytes.Length == length && BlockContent.Matches(block, bytes)) ? 0 : Math.Abs(bytes.Length - length) + BlockContent.CountDifferences(block, common);
        tally.Read(bytes.Length, fromDevice, wrong);
    }

    private bool Missed(string? reason)
    {
        if (reason is null)
            tally.Miss();
        else
            tally.Error($"get: {reason}");
        return false;
    }

    private DeviceMemory OwnMemory(long lengthBytes) => new(_device, lengthBytes, slab.Device.Ordinal);

    private unsafe Span<byte> Host(int lengthBytes) => new((void*)_host, lengthBytes);

    /// <summary>A quarter of the largest block at least, so that blocks fit each other's places badly.</summary>
    private int LengthOf(ulong block) => LengthUnit * new SplitMix64(~block).Between(blockBytes / LengthUnit / 4, blockBytes / LengthUnit);

    private static CacheKey KeyOf(ulong block)
    {
        Span<byte> name = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(name, block);
        return Keys.Key(name);
    }

    private static BlockId IdOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[BlockId.SizeBytes];
        Blake3.Hash(bytes, digest);
        return new BlockId(digest);
    }
}
