using Cascade.Core.Hashing;
using Cascade.Core.Identity;
using Cascade.Core.Leases;
using Cascade.Core.Placement;
using Cascade.Tiers.Payload;

namespace Cascade.Tiers.Shm;

/// <summary>How readers of this process find copies in the arena and hold them in place.</summary>
/// <remarks>
/// All members may be called on any thread, allocate nothing and take no lock, so a reader is never held up by the tier's thread or by
/// another reader. The one slow case: the first lease of a copy that was taken over from an earlier process reads it
/// once, to compare it with its id. After the arena is disposed nothing is found any more.
/// </remarks>
public sealed unsafe partial class ShmDirectory
{
    // A look-up is repeated when names were removed while it found nothing; under a storm of removals it settles for a miss.
    private const int MaxLookups = 8;

    private readonly NodeId _node;
    private readonly TierKind _tier;
    private readonly DigestAlgorithm _algorithm;
    private readonly DescriptorTable _table;
    private readonly PinTable _pins;
    private readonly KeyNames _names;
    private readonly SlotIndex _ids;
    private readonly LeaseTable _leases;
    private readonly ReaderGate _gate;
    private readonly byte* _payload;
    private readonly ShmArenaHooks _hooks;
    private long _corruptCopies;

    internal ShmDirectory(ArenaState state, NodeId node, TierKind tier, DigestAlgorithm algorithm, ShmArenaHooks hooks)
    {
        (_node, _tier, _algorithm, _hooks) = (node, tier, algorithm, hooks);
        (_table, _pins, _names, _ids) = (state.Table, state.Pins, state.Names, state.Ids);
        (_leases, _gate) = (state.Leases, state.Gate);
        _payload = (byte*)state.Payload;
    }

    /// <summary>Copies found to differ from their id since the arena was opened.</summary>
    public long CorruptCopies => Volatile.Read(ref _corruptCopies);

    /// <summary>Leases held now: counts over the whole lease table.</summary>
    public int HeldLeases => _leases.HeldCount;

    /// <summary>Leases the block that a key names, for a duration of more than 0 and at most 7 days.</summary>
    /// <returns>False when nothing is leased, for whatever reason; <see cref="Lease(KeyDigest, TimeSpan, out BlockLease)"/> says which.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The duration is outside its range.</exception>
    public bool TryLease(KeyDigest key, TimeSpan duration, out BlockLease lease) => Lease(key, duration, out lease) == LeaseOutcome.Leased;

    /// <summary>Leases a block, for a duration of more than 0 and at most 7 days.</summary>
    /// <returns>False when nothing is leased, for whatever reason; <see cref="Lease(BlockId, TimeSpan, out BlockLease)"/> says which.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The duration is outside its range.</exception>
    public bool TryLease(BlockId id, TimeSpan duration, out BlockLease lease) => Lease(id, duration, out lease) == LeaseOutcome.Leased;

    /// <summary>Leases the block that a key names, and says what came of it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The duration is not positive, or longer than 7 days.</exception>
    public LeaseOutcome Lease(KeyDigest key, TimeSpan duration, out BlockLease lease)
    {
        LeaseTable.RequireDuration(duration);
        lease = default;
        if (!_gate.TryEnter(out var ticket))
            return LeaseOutcome.Missing;
        try
        {
            return Grant(TryPin(key, out var slot), slot, duration, out lease);
        }
        finally
        {
            _gate.Exit(ticket);
        }
    }

    /// <summary>Leases a block, and says what came of it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The duration is not positive, or longer than 7 days.</exception>
    public LeaseOutcome Lease(BlockId id, TimeSpan duration, out BlockLease lease)
    {
        LeaseTable.RequireDuration(duration);
        lease = default;
        if (!_gate.TryEnter(out var ticket))
            return LeaseOutcome.Missing;
        try
        {
            return Grant(TryPin(id, out var slot), slot, duration, out lease);
        }
        finally
        {
            _gate.Exit(ticket);
        }
    }

    /// <summary>True when the key names a block here that may be served.</summary>
    public bool Contains(KeyDigest key) => TryDescribe(key, out _, out _);

    /// <summary>Says which block a key names here, and where it lies.</summary>
    public bool TryDescribe(KeyDigest key, out CopyLocation copy, out BlockId id)
    {
        (copy, id) = (default, default);
        if (!_gate.TryEnter(out var ticket))
            return false;
        try
        {
            if (!IsPinned(TryPin(key, out var slot)))
                return false;
            copy = LocationOf(slot);
            id = _table[slot].Id;
            _pins.Unpin(slot);
            return true;
        }
        finally
        {
            _gate.Exit(ticket);
        }
    }

    /// <summary>Says where a block lies here.</summary>
    public bool TryDescribe(BlockId id, out CopyLocation copy)
    {
        copy = default;
        if (!_gate.TryEnter(out var ticket))
            return false;
        try
        {
            if (!IsPinned(TryPin(id, out var slot)))
                return false;
            copy = LocationOf(slot);
            _pins.Unpin(slot);
            return true;
        }
        finally
        {
            _gate.Exit(ticket);
        }
    }

    /// <summary>
    /// Reads a copy through and compares it with its id; one that differs is barred from readers and reported. For copies that someone
    /// else found to differ. Takes the time of one digest.
    /// </summary>
    /// <returns>True when the copy is still here and sound.</returns>
    public bool Verify(in CopyLocation copy)
    {
        if (copy.Slot >= (uint)_table.Count || !_gate.TryEnter(out var ticket))
            return false;
        try
        {
            if (!IsPinned(_pins.TryPin(copy.Slot, copy.Generation)))
                return false;
            var sound = IsSound(copy.Slot);
            _pins.Unpin(copy.Slot);
            return sound;
        }
        finally
        {
            _gate.Exit(ticket);
        }
    }

    internal CopyLocation LocationOf(uint slot)
    {
        ref var entry = ref _table[slot];
        return new CopyLocation(
            _node, _tier, slot, PinTable.GenerationOf(_pins.Read(slot)), entry.OffsetBytes, entry.LengthBytes);
    }

    private static bool IsPinned(PinOutcome outcome) => outcome is PinOutcome.Pinned or PinOutcome.PinnedUnverified;

    private PinOutcome TryPin(KeyDigest key, out uint slot)
    {
        for (var lookup = 0; lookup < MaxLookups; lookup++)
        {
            var removals = _names.Index.Removals;
            for (var cursor = _names.Index.Find(key.Prefix64); cursor.MoveNext();)
            {
                var outcome = TryPinNamed(cursor.Slot, key, out slot);
                if (outcome != PinOutcome.Gone)
                    return outcome;
            }

            Volatile.ReadBarrier();
            if (_names.Index.Removals == removals)
                break;
        }

        slot = 0;
        return PinOutcome.Gone;
    }

    /// <summary>A block may be here twice for a while: a corrupt copy that leases still hold, and the one that replaces it.</summary>
    private PinOutcome TryPin(BlockId id, out uint slot)
    {
        var missed = PinOutcome.Gone;
        for (var lookup = 0; lookup < MaxLookups; lookup++)
        {
            var removals = _ids.Removals;
            for (var cursor = _ids.Find(id.Prefix64); cursor.MoveNext();)
            {
                slot = cursor.Slot;
                var word = _pins.Read(slot);
                if (!PinTable.IsLive(word) || _table[slot].Id != id)
                    continue;
                var outcome = _pins.TryPin(slot, PinTable.GenerationOf(word));
                if (IsPinned(outcome))
                    return outcome;
                if (outcome == PinOutcome.Corrupt)
                    missed = outcome;
            }

            Volatile.ReadBarrier();
            if (_ids.Removals == removals)
                break;
        }

        slot = 0;
        return missed;
    }

    /// <summary>Pins the block that an entry names by a key; what is read before the pin holds, for the pin is of the same generation.</summary>
    private PinOutcome TryPinNamed(uint slot, KeyDigest key, out uint block)
    {
        block = slot;
        var word = _pins.Read(slot);
        ref var entry = ref _table[slot];
        if (!PinTable.IsLive(word) || entry.Key != key || !entry.NamesBlock)
            return PinOutcome.Gone;
        block = _names.BlockOf(slot);
        if (block == slot)
            return _pins.TryPin(slot, PinTable.GenerationOf(word));

        var blockWord = _pins.Read(block);
        if (!PinTable.IsLive(blockWord) || _table[block].Id != entry.Id)
            return PinOutcome.Gone;
        var outcome = _pins.TryPin(block, PinTable.GenerationOf(blockWord));

        // The alias may have been taken away, and its entry used anew, before the block was pinned.
        if (!IsPinned(outcome) || PinTable.IsSameCopy(word, _pins.Read(slot)))
            return outcome;
        _pins.Unpin(block);
        return PinOutcome.Gone;
    }

    /// <summary>Turns a pin into a lease.</summary>
    private LeaseOutcome Grant(PinOutcome pinned, uint slot, TimeSpan duration, out BlockLease lease)
    {
        lease = default;
        if (!IsPinned(pinned))
            return pinned == PinOutcome.Corrupt ? LeaseOutcome.Corrupt : LeaseOutcome.Missing;
        if (pinned == PinOutcome.PinnedUnverified && !IsSound(slot))
        {
            _pins.Unpin(slot);
            return LeaseOutcome.Corrupt;
        }

        ref var entry = ref _table[slot];
        var (address, lengthBytes, id) = ((nint)(_payload + entry.OffsetBytes), entry.LengthBytes, entry.Id);
        if (!_leases.TryStart(slot, duration, out var leaseEntry, out var stamp))
        {
            _pins.Unpin(slot);
            return LeaseOutcome.TooManyLeases;
        }

        lease = new BlockLease(_leases, leaseEntry, stamp, address, lengthBytes, id, _tier);
        _hooks.Policy?.Touch(slot);
        _hooks.OnAccess?.Invoke(id.Prefix64);
        return LeaseOutcome.Leased;
    }

    /// <summary>Compares a pinned copy with its id, and bars it from readers when they differ.</summary>
    private bool IsSound(uint slot)
    {
        ref var entry = ref _table[slot];
        if (BlockVerifier.Matches(_algorithm, _payload + entry.OffsetBytes, entry.LengthBytes, entry.Id))
        {
            _pins.MarkVerified(slot);
            return true;
        }

        if (!_pins.MarkCorrupt(slot))
            return false;

        // The odd generation stays: peers and a later attach take the entry for one in change.
        _table.BeginChange(slot);
        Interlocked.Increment(ref _corruptCopies);
        _hooks.OnCorrupt?.Invoke(LocationOf(slot), entry.Id);
        return false;
    }
}
