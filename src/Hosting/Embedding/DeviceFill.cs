using System.Runtime.InteropServices;
using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Tiers.Gpu;
using Cascade.Tiers.Payload;
using Cascade.Tiers.Shm;

namespace Cascade.Hosting;

/// <summary>The bytes of a put that lie in device memory. One put each.</summary>
internal sealed class DeviceFill(GpuSlab slab, DeviceMemory bytes, DigestAlgorithm algorithm)
{
    /// <summary>What the kernels that name bytes read at a time.</summary>
    private const int AlignmentBytes = 16;

    private nint _filled;

    /// <summary>What the device named the bytes; null where it did not.</summary>
    public BlockId? Id { get; private set; }

    /// <summary>True when the device has failed without saying that it has done with the room that was to be filled.</summary>
    public bool MayStillMove { get; private set; }

    /// <summary>Has the device name the bytes, where it can. Null, or the outcome of a put that ends by it.</summary>
    public async ValueTask<PutResult?> TryNameAsync()
    {
        if (slab.DigestTrouble is not null || algorithm != DigestAlgorithm.Blake3 || bytes.Pointer % AlignmentBytes != 0)
            return null;
        var digest = GC.AllocateUninitializedArray<byte>(BlockId.SizeBytes, pinned: true);
        var copy = new GpuCopy(GpuCopyKind.Digest, bytes.Pointer, Marshal.UnsafeAddrOfPinnedArrayElement(digest, 0), bytes.LengthBytes, bytes.Stream);
        var result = await slab.CopyAsync(copy);
        if (result is not { Succeeded: true })
            return WhyNot(result);
        Id = new BlockId(digest);

        // Nothing has it: the kernels did not run.
        return Id.Value.IsZero ? new PutResult(PutStatus.Refused, default, "The device did not name the bytes: its kernels left no digest.") : null;
    }

    /// <summary>Copies the bytes into room in shared memory. Null, or the outcome of a put that ends by it.</summary>
    public async ValueTask<PutResult?> FillAsync(ShmArena arena, Reservation reservation)
    {
        _filled = arena.PayloadAddress + (nint)reservation.OffsetBytes;
        var kind = slab.Holds(bytes.Pointer) ? GpuCopyKind.ToHost : GpuCopyKind.CallerToHost;
        var result = await slab.CopyAsync(new GpuCopy(kind, bytes.Pointer, _filled, bytes.LengthBytes, kind == GpuCopyKind.ToHost ? 0 : bytes.Stream));
        MayStillMove = result is { MayStillMove: true };
        return result is { Succeeded: true } ? null : WhyNot(result);
    }

    /// <summary>Names the bytes where they were copied to.</summary>
    public unsafe BlockId Name(PayloadWriter writer) => writer.Name((byte*)_filled, bytes.LengthBytes);

    private static PutResult WhyNot(GpuCopyResult? result) => result?.Failure is { } failure
        ? new PutResult(PutStatus.Refused, default, $"The device did not give the bytes: {failure.Message}.")
        : new PutResult(PutStatus.Busy, default, "as many copies are under way as the device takes");
}
