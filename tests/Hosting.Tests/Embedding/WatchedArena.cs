using Cascade.Core.Identity;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Hosting.Tests.Embedding;

/// <summary>An arena that tells of each room that is taken in it.</summary>
internal sealed class WatchedArena(IBlockArena inner, Action onReserved) : IBlockArena
{
    public long CapacityBytes => inner.CapacityBytes;

    public long FreeBytes => inner.FreeBytes;

    public long MaxBlockBytes => inner.MaxBlockBytes;

    public int SlotCount => inner.SlotCount;

    public int FreeSlots => inner.FreeSlots;

    public bool TryReserve(long lengthBytes, out Reservation reservation)
    {
        if (!inner.TryReserve(lengthBytes, out reservation))
            return false;
        onReserved();
        return true;
    }

    public CopyLocation Publish(in Reservation reservation, BlockId id, in KeyBinding binding) => inner.Publish(reservation, id, binding);

    public void Cancel(in Reservation reservation) => inner.Cancel(reservation);

    public bool TryBindAlias(BlockId id, in KeyBinding binding) => inner.TryBindAlias(id, binding);

    public bool Knows(KeyDigest key) => inner.Knows(key);

    public bool Unbind(KeyDigest key) => inner.Unbind(key);

    public bool IsPinned(uint slot) => inner.IsPinned(slot);

    public bool TryFree(uint slot, uint generation) => inner.TryFree(slot, generation);

    public bool TryFind(BlockId id, out CopyLocation copy) => inner.TryFind(id, out copy);

    public void CollectKeys(uint slot, List<KeyBinding> into) => inner.CollectKeys(slot, into);

    public void Visit(Action<CopyLocation, BlockId, KeyBinding> visitor) => inner.Visit(visitor);

    public int ExpireLeases(TimeSpan now) => inner.ExpireLeases(now);
}
