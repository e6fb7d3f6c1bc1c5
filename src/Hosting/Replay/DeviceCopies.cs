using Cascade.Tiers.Gpu;

namespace Cascade.Hosting.Replay;

/// <summary>Brings blocks out of device memory to hold them against what they should be. One block at a time.</summary>
internal sealed class DeviceCopies(int bytesPerBlock) : IDisposable
{
    private readonly BlockBuffers _buffer = new(bytesPerBlock, bytesPerBlock);

    /// <summary>How many bytes of a leased block are not those that an id stands for.</summary>
    /// <exception cref="InvalidOperationException">The device did not give the bytes, or the lease ran out meanwhile: nothing is known of them.</exception>
    public async ValueTask<long> CountDifferencesAsync(GpuPool devices, GpuLease lease, ulong id)
    {
        if (lease.LengthBytes != bytesPerBlock)
            return Math.Abs(lease.LengthBytes - bytesPerBlock);

        // What an earlier block left here is not to stand for bytes that did not come.
        var bytes = _buffer[0];
        bytes.Span.Clear();
        var result = await devices.On(lease.Device)!.CopyAsync(new GpuCopy(GpuCopyKind.ToHost, lease.DevicePointer, AddressOf(bytes), bytesPerBlock));
        if (result is not { Succeeded: true })
            throw new InvalidOperationException($"the device did not give the block: {result?.Failure?.Message ?? "as many copies are under way as it takes"}");
        if (!lease.IsHeld)
            throw new InvalidOperationException("the lease ran out while the block was copied; make cascade.leases.duration longer");
        return BlockContent.Matches(id, bytes.Span) ? 0 : BlockContent.CountDifferences(id, bytes.Span);
    }

    /// <inheritdoc/>
    public void Dispose() => ((IDisposable)_buffer).Dispose();

    /// <summary>The buffer is outside the managed heap: it stays where it is.</summary>
    private static unsafe nint AddressOf(Memory<byte> bytes) => (nint)bytes.Pin().Pointer;
}
