using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Tests.Tiering;

namespace Cascade.Cluster.Tests.Simulation;

/// <summary>
/// The arena of a simulated node: the stand-in, with readers' leases over it, every change in the trace, and the promises that the
/// tier must keep checked at the moment it could break them.
/// </summary>
internal sealed class WatchedArena(ArenaStandIn inner, int aliasesMax, TimeProvider time, RunLedger ledger) : IBlockArena
{
    private readonly List<ReaderPin> _pins = [];

    public long CapacityBytes => inner.CapacityBytes;

    public long FreeBytes => inner.FreeBytes;

    public long MaxBlockBytes => inner.MaxBlockBytes;

    public int SlotCount => inner.SlotCount;

    public int FreeSlots => inner.FreeSlots;

    public int Reservations => inner.Reservations;

    public IReadOnlyList<(CopyLocation Copy, BlockId Id)> Residents =>
        [.. inner.Residents.Select(r => (TryFind(r.Id, out var copy) ? copy : default, r.Id))];

    /// <summary>Keys beyond the first of each block; the real arena needs a descriptor for each.</summary>
    private int Aliases => inner.Residents.Sum(r => Math.Max(0, KeysOf(r.Slot).Count - 1));

    private TimeSpan Now => time.GetElapsedTime(0);

    public bool TryReserve(long lengthBytes, out Reservation reservation)
    {
        if (!inner.TryReserve(lengthBytes, out reservation))
            return false;
        ledger.Trace.Add("reserve", Now.Ticks, reservation.Slot, reservation.OffsetBytes);
        return true;
    }

    public CopyLocation Publish(in Reservation reservation, BlockId id, in KeyBinding binding)
    {
        ledger.Trace.Add("publish", Now.Ticks, reservation.Slot, (long)id.Prefix64, (long)binding.Key.Prefix64);
        return inner.Publish(reservation, id, binding);
    }

    public void Cancel(in Reservation reservation)
    {
        ledger.Trace.Add("cancel", Now.Ticks, reservation.Slot);
        inner.Cancel(reservation);
    }

    public bool TryBindAlias(BlockId id, in KeyBinding binding)
    {
        ledger.Trace.Add("alias", Now.Ticks, (long)id.Prefix64, (long)binding.Key.Prefix64);
        var isKnown = inner.TryFind(binding.Key, out _, out _, out _);
        return (isKnown || Aliases < aliasesMax) && inner.TryBindAlias(id, binding);
    }

    public bool Knows(KeyDigest key) => inner.Knows(key);

    public bool Unbind(KeyDigest key)
    {
        ledger.Trace.Add("unbind", Now.Ticks, (long)key.Prefix64);
        return inner.Unbind(key);
    }

    public bool IsPinned(uint slot) => inner.IsPinned(slot);

    public bool TryFree(uint slot, uint generation)
    {
        var id = inner.Residents.FirstOrDefault(r => r.Slot == slot).Id;
        if (!inner.TryFree(slot, generation))
            return false;
        ledger.Trace.Add("free", Now.Ticks, slot, generation);
        ledger.OnFreed(Now, slot, generation, id);
        return true;
    }

    public bool TryFind(BlockId id, out CopyLocation copy) => inner.TryFind(id, out copy);

    /// <summary>What a key names in the node's directory.</summary>
    public bool TryFind(KeyDigest key, out CopyLocation copy, out BlockId id, out KeyBinding binding) =>
        inner.TryFind(key, out copy, out id, out binding);

    public void CollectKeys(uint slot, List<KeyBinding> into) => inner.CollectKeys(slot, into);

    public void Visit(Action<CopyLocation, BlockId, KeyBinding> visitor) => inner.Visit(visitor);

    /// <summary>Leases the copy that a key names, as a reader does without a message.</summary>
    public ReaderPin? Lease(KeyDigest key, TimeSpan duration) =>
        inner.TryFind(key, out var copy, out var id, out _) ? Lease(copy, id, duration) : null;

    public ReaderPin? Lease(BlockId id, TimeSpan duration) => inner.TryFind(id, out var copy) ? Lease(copy, id, duration) : null;

    public void End(ReaderPin pin)
    {
        pin.IsEnded = true;
        if (_pins.Remove(pin) && !_pins.Exists(p => p.Copy.Slot == pin.Copy.Slot))
            inner.Pinned.Remove(pin.Copy.Slot);
    }

    public int ExpireLeases(TimeSpan now)
    {
        var overdue = _pins.FindAll(p => p.Until <= now);
        overdue.ForEach(End);
        return overdue.Count;
    }

    private List<KeyBinding> KeysOf(uint slot)
    {
        List<KeyBinding> keys = [];
        inner.CollectKeys(slot, keys);
        return keys;
    }

    private ReaderPin Lease(in CopyLocation copy, BlockId id, TimeSpan duration)
    {
        var pin = new ReaderPin(copy, id, Now + duration);
        _pins.Add(pin);
        ledger.Promise(pin);
        inner.Pinned.Add(copy.Slot);
        return pin;
    }
}
