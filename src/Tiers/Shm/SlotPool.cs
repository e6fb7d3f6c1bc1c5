namespace Cascade.Tiers.Shm;

/// <summary>The free entries of the descriptor table. One thread.</summary>
internal sealed class SlotPool(int slotCount)
{
    private readonly uint[] _free = new uint[slotCount];
    private int _count;

    public bool TryTake(out uint slot)
    {
        if (_count == 0)
        {
            slot = 0;
            return false;
        }

        slot = _free[--_count];
        return true;
    }

    public void Return(uint slot) => _free[_count++] = slot;
}
