using Cascade.Core.Identity;
using Cascade.Core.Placement;

namespace Cascade.Core.Ports;

/// <summary>The memory of one tier: a slab, its descriptor table and the directory by which readers find copies.</summary>
/// <remarks>
/// One thread at a time (the tier's actor) calls these members; readers lease from the directory concurrently.
/// No member moves payload bytes.
/// </remarks>
public interface IBlockArena
{
    /// <summary>Size of the payload area, in bytes.</summary>
    long CapacityBytes { get; }

    /// <summary>Bytes not set aside, in whole granules. They may lie apart.</summary>
    long FreeBytes { get; }

    /// <summary>Largest block that is taken, in bytes.</summary>
    long MaxBlockBytes { get; }

    /// <summary>Entries of the descriptor table.</summary>
    int SlotCount { get; }

    /// <summary>Entries of the descriptor table that are free.</summary>
    int FreeSlots { get; }

    /// <summary>Sets aside a slot and <paramref name="lengthBytes"/> contiguous bytes; false when either is lacking now.</summary>
    bool TryReserve(long lengthBytes, out Reservation reservation);

    /// <summary>Makes a filled reservation visible to readers under its id and its key, and durable against a crash of the process.</summary>
    CopyLocation Publish(in Reservation reservation, BlockId id, in KeyBinding binding);

    /// <summary>Gives a reservation back unfilled.</summary>
    void Cancel(in Reservation reservation);

    /// <summary>
    /// Lets a further key name a block that is here. False when the block is not here, or when no descriptor is left
    /// for the alias: the key then lives in the key index alone and is lost with the process.
    /// </summary>
    bool TryBindAlias(BlockId id, in KeyBinding binding);

    /// <summary>True when the key names a block here.</summary>
    bool Knows(KeyDigest key);

    /// <summary>Takes a key's name off whatever block it names here; the block stays. False when the key is not here.</summary>
    bool Unbind(KeyDigest key);

    /// <summary>True while some lease holds the copy in place.</summary>
    bool IsPinned(uint slot);

    /// <summary>
    /// Frees a copy and all keys that name it here, unless a lease holds it or the slot has another generation by now: then false.
    /// </summary>
    bool TryFree(uint slot, uint generation);

    /// <summary>Finds the copy of a block here.</summary>
    bool TryFind(BlockId id, out CopyLocation copy);

    /// <summary>Lists the keys that name the copy in a slot: its own, then aliases.</summary>
    void CollectKeys(uint slot, List<KeyBinding> into);

    /// <summary>Visits every copy that is here, in slot order: after a re-attach, to rebuild what is known of them.</summary>
    void Visit(Action<CopyLocation, BlockId, KeyBinding> visitor);

    /// <summary>Ends leases whose time is over at <paramref name="now"/>; gives how many.</summary>
    int ExpireLeases(TimeSpan now);
}
