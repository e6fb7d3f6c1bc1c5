using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Tiers.Shm;

/// <summary>The memory of the Shm tier: one mapped file under /dev/shm that outlives the process.</summary>
/// <remarks>
/// The tier's thread alone calls these members; readers use <see cref="Directory"/> from any thread. What is published survives a crash
/// of the process and is served again by the next one that opens the arena.
/// </remarks>
public sealed unsafe partial class ShmArena : IBlockArena, IDisposable
{
    /// <summary>Largest block, in bytes, in an arena that has the capacity: 4 GiB.</summary>
    public const long LargestBlockBytes = 1L << 32;

    private readonly ArenaFile? _file;
    private readonly ArenaState _state;
    private int _filling;
    private bool _disposed;

    private ShmArena(ArenaFile? file, ArenaState state, AttachReport report, ShmDirectory directory, string filePath) =>
        (_file, _state, Report, Directory, FilePath) = (file, state, report, directory, filePath);

    /// <inheritdoc/>
    public long CapacityBytes => _state.PayloadBytes;

    /// <inheritdoc/>
    public long FreeBytes => _state.Allocator.FreeBytes;

    /// <inheritdoc/>
    public long MaxBlockBytes => Math.Min(CapacityBytes, LargestBlockBytes);

    /// <inheritdoc/>
    public int SlotCount => _state.Table.Count;

    /// <inheritdoc/>
    public int FreeSlots => _state.Slots.Count;

    /// <summary>How the arena came to be open.</summary>
    public AttachReport Report { get; }

    /// <summary>The arena file.</summary>
    public string FilePath { get; }

    /// <summary>The latest stamp of a binding that was taken over: later bindings must carry later ones.</summary>
    public HybridTimestamp LastStamp { get; private init; }

    /// <summary>The readers' side.</summary>
    public ShmDirectory Directory { get; }

    /// <summary>Address of the payload area in this process: a copy's first byte is at its offset from here.</summary>
    public nint PayloadAddress => _state.Payload;

    /// <summary>The clock of leases: what <see cref="ExpireLeases"/> is to be given. <c>GetElapsedTime(0)</c> of the time provider.</summary>
    public TimeSpan Now => _state.Leases.Now;

    /// <summary>Opens the node's arena and takes over what it holds, or creates it where there is none.</summary>
    /// <exception cref="ArenaRefusedException">The arena is held by another process, was made for another set-up, is damaged, or does not fit.</exception>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="IOException">A system call failed.</exception>
    public static ShmArena Open(ShmArenaOptions options, TimeProvider time, ShmArenaHooks? hooks = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        hooks ??= ShmArenaHooks.None;
        var start = time.GetTimestamp();
        var file = ArenaFile.Open(options, hooks.Progress);
        try
        {
            var state = new ArenaState(file, options, time);
            var attacher = new ArenaAttacher(state, options.VerifyAfterAttach);
            var report = attacher.Run(file.Created, () => time.GetElapsedTime(start));
            var directory = new ShmDirectory(state, options.Node, TierKind.Shm, options.DigestAlgorithm, hooks);
            return new ShmArena(file, state, report, directory, options.FilePath) { LastStamp = attacher.LastStamp };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The bytes to fill of a reservation.</summary>
    /// <exception cref="InvalidOperationException">The reservation was published or given back already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the reservation.</exception>
    public Span<byte> Fill(in Reservation reservation, long offsetBytes, int lengthBytes)
    {
        RequireFilling(reservation);
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offsetBytes, reservation.LengthBytes - lengthBytes);
        return new Span<byte>((byte*)_state.Payload + reservation.OffsetBytes + offsetBytes, lengthBytes);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The length is not positive.</exception>
    public bool TryReserve(long lengthBytes, out Reservation reservation)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthBytes);
        reservation = default;
        if (lengthBytes > MaxBlockBytes || !_state.Slots.TryTake(out var slot))
            return false;
        if (!_state.Allocator.TryAllocate(lengthBytes, out var offsetBytes))
        {
            _state.Slots.Return(slot);
            return false;
        }

        var generation = _state.Table.BeginChange(slot);
        _state.Table.MarkFilling(slot);
        _state.Pins.SetVacant(slot, generation);
        _filling++;
        reservation = new Reservation(slot, generation, offsetBytes, lengthBytes);
        return true;
    }

    /// <inheritdoc/>
    /// <remarks>Of two bindings of the key the later stamp holds: an older one than the key has here leaves the key where it is.</remarks>
    /// <exception cref="InvalidOperationException">The block is here already, or the reservation was published or given back.</exception>
    /// <exception cref="ArgumentException">The id is zero.</exception>
    public CopyLocation Publish(in Reservation reservation, BlockId id, in KeyBinding binding)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        RequireFilling(reservation);
        if (id.IsZero)
            throw new ArgumentException("A block cannot go by the zero id: give the digest of its bytes.", nameof(id));
        RequireAbsent(id);
        var slot = reservation.Slot;
        var rebinds = _state.Names.TryLocate(binding.Key, out var former);
        var names = !binding.Key.IsZero && (!rebinds || _state.Table[former].Stamp <= binding.Stamp.Value);

        // The payload's stores, some of which may have gone past the caches, come before the descriptor's.
        Interlocked.MemoryBarrier();
        var generation = _state.Table.Commit(slot, Descriptor.Resident(reservation, id, binding, names));
        _filling--;
        _state.Pins.SetLive(slot, generation, unverified: false);
        _state.Ids.Add(id.Prefix64, slot);
        if (names)
        {
            _state.Names.AddOwn(slot);
            if (rebinds)
                _state.Names.Drop(former);
        }

        return Directory.LocationOf(slot);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The reservation was published or given back already.</exception>
    public void Cancel(in Reservation reservation)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        RequireFilling(reservation);
        _filling--;
        Vacate(reservation.Slot, reservation.OffsetBytes);
    }

    /// <inheritdoc/>
    /// <remarks>False as well when the key names another block here by a later stamp.</remarks>
    /// <exception cref="ArgumentException">The key is zero.</exception>
    public bool TryBindAlias(BlockId id, in KeyBinding binding)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (binding.Key.IsZero)
            throw new ArgumentException("The zero key names nothing: give the digest of a key.", nameof(binding));
        if (!_state.TryFind(id, out var block))
            return false;
        var names = _state.Names;
        if (!names.TryLocate(binding.Key, out var former))
            return names.TryAddAlias(block, binding);
        var isHere = names.BlockOf(former) == block;
        if (_state.Table[former].Stamp > binding.Stamp.Value || (isHere && _state.Table[former].Stamp == binding.Stamp.Value))
            return isHere;

        // The new entry comes first, so that a crash in between leaves the key with one of them.
        var added = names.TryAddAlias(block, binding);
        if (!added && isHere)
            return true;
        names.Drop(former);
        return added || names.TryAddAlias(block, binding);
    }

    /// <inheritdoc/>
    public bool Knows(KeyDigest key)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _state.Names.TryLocate(key, out _);
    }

    /// <inheritdoc/>
    public bool Unbind(KeyDigest key)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_state.Names.TryLocate(key, out var slot))
            return false;
        _state.Names.Drop(slot);
        return true;
    }

    /// <inheritdoc/>
    public bool IsPinned(uint slot) => slot < (uint)SlotCount && _state.Pins.IsPinned(slot);

    /// <inheritdoc/>
    public bool TryFree(uint slot, uint generation)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (slot >= (uint)SlotCount || _state.Table[slot].Kind != DescriptorKind.Resident || !_state.Pins.TryRetire(slot, generation))
            return false;
        _state.Table.BeginChange(slot);
        ref var entry = ref _state.Table[slot];
        _state.Names.DropAll(slot);
        _state.Ids.Remove(entry.Id.Prefix64, slot);
        Vacate(slot, entry.OffsetBytes);
        return true;
    }

    /// <inheritdoc/>
    public bool TryFind(BlockId id, out CopyLocation copy)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var found = _state.TryFind(id, out var slot);
        copy = found ? Directory.LocationOf(slot) : default;
        return found;
    }

    /// <inheritdoc/>
    public void CollectKeys(uint slot, List<KeyBinding> into)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (slot < (uint)SlotCount && _state.Table[slot].Kind == DescriptorKind.Resident)
            _state.Names.Collect(slot, into);
    }

    /// <inheritdoc/>
    /// <remarks>A copy that no key names any more comes with the default binding. The visitor may free the copy that it is given.</remarks>
    public void Visit(Action<CopyLocation, BlockId, KeyBinding> visitor)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(visitor);
        for (var slot = 0u; slot < (uint)SlotCount; slot++)
        {
            if (_state.IsServable(slot))
                visitor(Directory.LocationOf(slot), _state.Table[slot].Id, _state.Names.FirstOf(slot));
        }
    }

    /// <inheritdoc/>
    /// <remarks><paramref name="now"/> is on the clock of <see cref="Now"/>. One pass over the lease table.</remarks>
    public int ExpireLeases(TimeSpan now) => _state.Leases.Expire(now);

    /// <summary>
    /// Closes the arena and ends its leases; the file stays and the next process takes it over. Memory that a lease or a reservation may
    /// still point to stays readable for as long as a lease can be reached; stores to it reach the file no more.
    /// </summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _state.Gate.Close();
        var leaveReadable = _state.Leases.EndAll() > 0 || _filling > 0;
        _file?.Close(leaveReadable);
        _state.Allocator.Dispose();
    }

    /// <summary>Removes the arena's file, whether it is open or not; what is mapped stays readable until the process ends.</summary>
    /// <exception cref="IOException">The file cannot be removed.</exception>
    public void Remove() => File.Delete(FilePath);

    private void RequireFilling(in Reservation reservation)
    {
        var slot = reservation.Slot;
        if (slot >= (uint)SlotCount || (reservation.Generation & 1) == 0 || _state.Table[slot].Kind != DescriptorKind.Filling
            || _state.Table[slot].Generation != reservation.Generation)
            throw new InvalidOperationException(
                $"The reservation of slot {slot}, generation {reservation.Generation}, is not open: it was published or given back before. Reserve anew.");
    }

    /// <summary>A damaged copy of the block does not stand in the way: it only waits for its leases to end.</summary>
    private void RequireAbsent(BlockId id)
    {
        if (_state.TryFind(id, out var slot))
            throw new InvalidOperationException($"Block {id} is in slot {slot} already: look for it before reserving, and bind the key as an alias.");
    }

    private void Vacate(uint slot, long offsetBytes)
    {
        _state.Pins.SetVacant(slot, _state.Table.Clear(slot));
        _state.Allocator.Free(offsetBytes);
        _state.Slots.Return(slot);
    }
}
