using System.Runtime.InteropServices;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Tiers.Native;
using Cascade.Tiers.Shm;

namespace Cascade.Tiers.Gpu;

/// <summary>Memory of one device that holds blocks: one allocation, its descriptor table in host memory, and the copies into and out of it.</summary>
/// <remarks>
/// As with the arena of shared memory one thread at a time (the tier's actor) calls the members of <see cref="IBlockArena"/>; readers lease from
/// <see cref="Directory"/>, and copies are started, on any thread. No member but <see cref="Open"/> and <see cref="Dispose"/> waits for the device. What is in
/// the slab ends with the process.
/// </remarks>
public sealed unsafe partial class GpuSlab : IBlockArena, IDisposable
{
    private readonly GpuContext _context;
    private readonly GpuHoldings _holdings;
    private readonly ShmArena _books;
    private readonly nint _address;
    private readonly void* _table;
    private readonly GpuSlabHooks _hooks;
    private readonly GpuThread? _thread;
    private volatile CudaException? _failure;
    private bool _disposed;

    private GpuSlab(GpuContext context, GpuHoldings holdings, GpuSlabOptions options, nint address, long capacityBytes, TimeProvider time, GpuSlabHooks hooks)
    {
        (_context, _holdings, _address, _hooks) = (context, holdings, address, hooks);
        CapacityBytes = capacityBytes;
        _thread = hooks.WithoutThread ? null : new GpuThread(context.Info.Ordinal, time);
        Copier = new GpuCopier(context, holdings, options, TakeDigester(hooks.DigestPieceChunks), time, OnFailed, () => _thread?.Wake());
        var slots = options.SlotsFor(capacityBytes);
        _table = NativeMemory.AllocZeroed((nuint)slots, Descriptor.SizeBytes);
        var state = new ArenaState(new DescriptorTable((nint)_table, slots), address, capacityBytes, options.MaxLeases, time);
        _books = ShmArena.OverMemory(state, options.Node, TierKind.Gpu, new ShmArenaHooks { Policy = hooks.Reads, OnAccess = hooks.OnAccess });
        Directory = new GpuDirectory(_books.Directory, context.Info.Ordinal, address);
    }

    /// <summary>The device.</summary>
    public GpuDeviceInfo Device => _context.Info;

    /// <summary>Why the device names no bytes, in words; null when it does.</summary>
    public string? DigestTrouble { get; private set; }

    /// <summary>The readers' side.</summary>
    public GpuDirectory Directory { get; }

    /// <summary>Why the device cannot be used any more; null while it can.</summary>
    public CudaException? Failure => _failure;

    /// <inheritdoc/>
    public long CapacityBytes { get; }

    /// <inheritdoc/>
    public long FreeBytes => _books.FreeBytes;

    /// <inheritdoc/>
    public long MaxBlockBytes => _books.MaxBlockBytes;

    /// <inheritdoc/>
    public int SlotCount => _books.SlotCount;

    /// <inheritdoc/>
    public int FreeSlots => _books.FreeSlots;

    /// <summary>The clock of leases: what <see cref="ExpireLeases"/> is to be given.</summary>
    public TimeSpan Now => _books.Now;

    internal GpuCopier Copier { get; }

    /// <inheritdoc/>
    /// <remarks>False as well when the device has failed. The bytes are filled by a copy that ends before the reservation is published or cancelled.</remarks>
    public bool TryReserve(long lengthBytes, out Reservation reservation)
    {
        reservation = default;
        return _failure is null && _books.TryReserve(lengthBytes, out reservation);
    }

    /// <inheritdoc/>
    public CopyLocation Publish(in Reservation reservation, BlockId id, in KeyBinding binding) => _books.Publish(reservation, id, binding);

    /// <inheritdoc/>
    public void Cancel(in Reservation reservation) => _books.Cancel(reservation);

    /// <inheritdoc/>
    public bool TryBindAlias(BlockId id, in KeyBinding binding) => _books.TryBindAlias(id, binding);

    /// <inheritdoc/>
    public bool Knows(KeyDigest key) => _books.Knows(key);

    /// <inheritdoc/>
    public bool Unbind(KeyDigest key) => _books.Unbind(key);

    /// <inheritdoc/>
    public bool IsPinned(uint slot) => _books.IsPinned(slot);

    /// <inheritdoc/>
    public bool TryFree(uint slot, uint generation) => _books.TryFree(slot, generation);

    /// <inheritdoc/>
    public bool TryFind(BlockId id, out CopyLocation copy) => _books.TryFind(id, out copy);

    /// <inheritdoc/>
    public void CollectKeys(uint slot, List<KeyBinding> into) => _books.CollectKeys(slot, into);

    /// <inheritdoc/>
    public void Visit(Action<CopyLocation, BlockId, KeyBinding> visitor) => _books.Visit(visitor);

    /// <inheritdoc/>
    public int ExpireLeases(TimeSpan now) => _books.ExpireLeases(now);

    /// <summary>
    /// Ends all leases and gives the memory back. Copies that wait end unsuccessfully; those that the device has are waited for, up to the stall limit.
    /// Kernels that read the slab have ended before.
    /// </summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _books.CloseToReaders();
        Copier.Close();
        if (_thread is not null)
            _thread.Dispose();
        else
            Drain();
        _books.Dispose();
        NativeMemory.Free(_table);
        _holdings.Dispose();
        _context.Dispose();
    }

    private void Drain()
    {
        while (Copier.Turn() != GpuPace.Idle)
            Thread.Yield();
    }

    private void OnFailed(CudaException failure)
    {
        _failure = failure;
        _books.CloseToReaders();
        _hooks.OnFailed?.Invoke(failure);
    }
}
