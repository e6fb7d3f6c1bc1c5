namespace Cascade.Tiers.Shm;

/// <summary>The free entries of the descriptor table. One thread.</summary>
internal sealed class SlotPool(int slotCount)
{
    private readonly uint[] _free = new uint[slotCount];

    public int Count { get; private set; }

    public bool TryTake(out uint slot)
    {
        if (Count == 0)
        {
            slot = 0;
            return false;
        }

        slot = _free[--Count];
        return true;
    }

    public void Return(uint slot) => _free[Count++] = slot;
}
