using Cascade.Core.Placement;
using Cascade.Tiers.Native;

namespace Cascade.Tiers.Gpu;

/// <summary>Bytes in and out. Any thread.</summary>
public sealed partial class GpuSlab
{
    private const int DigestAlignment = 16;

    /// <summary>Copies that have not ended.</summary>
    public int OpenCopies => Copier.OpenCopies;

    /// <summary>Where a reservation is to be filled, in device memory.</summary>
    public nint AddressOf(in Reservation reservation) => _address + (nint)reservation.OffsetBytes;

    /// <summary>Where a copy lies, in device memory. A lease keeps it there.</summary>
    public nint AddressOf(in CopyLocation copy) => _address + (nint)copy.OffsetBytes;

    /// <summary>Bytes of a kind of copy that were handed to the driver: straight between both ends, and by way of staging memory.</summary>
    public (long DirectBytes, long StagedBytes) CopiedBytes(GpuCopyKind kind) => Copier.BytesOf(kind);

    /// <summary>From now on copies of that host memory, as far as it is registered, need no staging. The region is disposed after the slab.</summary>
    public void Use(GpuHostRegion region) => Copier.Region = region;

    /// <summary>Starts a copy. Both ends stay in place until it has ended, by a lease or a reservation on the slab's side.</summary>
    /// <param name="copy">What goes where.</param>
    /// <param name="done">Called once if the copy was started, on the device's thread: must neither block nor throw.</param>
    /// <exception cref="ArgumentException">
    /// The length is not positive, no end that ought to be is in the slab, bytes to name are longer than a block or not aligned, or a stream is given that
    /// nothing waits for.
    /// </exception>
    /// <exception cref="InvalidOperationException">A digest is asked for, and the device computes none: see <see cref="DigestTrouble"/>.</exception>
    public GpuCopyStart TryStart(in GpuCopy copy, Action<GpuCopyResult> done)
    {
        ArgumentNullException.ThrowIfNull(done);
        var fromHere = IsHere(copy.From, copy.LengthBytes);
        var toHere = IsHere(copy.To, copy.LengthBytes);
        var fits = copy.Kind switch
        {
            GpuCopyKind.ToDevice => toHere && copy.From != 0,
            GpuCopyKind.ToHost => fromHere && copy.To != 0,
            GpuCopyKind.OnDevice => fromHere || toHere,
            GpuCopyKind.HostToCaller or GpuCopyKind.CallerToHost => copy.From != 0 && copy.To != 0 && copy.LengthBytes > 0 && !fromHere && !toHere,
            GpuCopyKind.Digest => copy.From % DigestAlignment == 0 && copy.From != 0 && copy.To != 0 && copy.LengthBytes > 0 && copy.LengthBytes <= MaxBlockBytes,
            _ => false,
        };
        if (!fits || (copy.AfterStream != 0 && !GpuCopy.WaitsForStreams(copy.Kind)))
            throw new ArgumentException($"{copy} is not as its kind says: see what ends in the slab, lengths, alignment and order.", nameof(copy));
        if (copy.Kind == GpuCopyKind.Digest && DigestTrouble is not null)
            throw new InvalidOperationException(DigestTrouble);
        return Copier.TryStart(copy, done);
    }

    /// <summary>Copies, and waits without a thread until that has ended. Null when the copy was not started because too many are under way.</summary>
    /// <exception cref="ArgumentException">As for <see cref="TryStart"/>.</exception>
    public async ValueTask<GpuCopyResult?> CopyAsync(GpuCopy copy)
    {
        var ended = new TaskCompletionSource<GpuCopyResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        return TryStart(copy, ended.SetResult) switch
        {
            GpuCopyStart.Started => await ended.Task.ConfigureAwait(false),
            GpuCopyStart.Busy => null,
            _ => new GpuCopyResult(_failure ?? new CudaException("the slab is closed"), MayStillMove: false),
        };
    }

    /// <summary>Lets processes of this machine map the slab, to read copies in place. They hold no leases: who exports a copy leases it for them.</summary>
    /// <exception cref="CudaException">The driver refuses, as in some containers and on devices that are divided up.</exception>
    public unsafe GpuSlabExport Export()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var scope = _context.Enter();
        CudaException.Check(Cuda.cuIpcGetMemHandle(out var handle, _address), nameof(Cuda.cuIpcGetMemHandle));
        var bytes = new ReadOnlySpan<byte>(handle.Reserved, Cuda.CUipcMemHandle.Size).ToArray();
        return new GpuSlabExport(bytes, CapacityBytes, Device.Uuid);
    }

    /// <summary>True of an address in the slab.</summary>
    public bool Holds(nint address) => IsHere(address, 1);

    private bool IsHere(nint address, long lengthBytes) =>
        lengthBytes > 0 && address >= _address && lengthBytes <= CapacityBytes && address - _address <= CapacityBytes - lengthBytes;
}
