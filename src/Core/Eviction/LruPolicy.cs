using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Eviction;

/// <summary>Gives up the leaf that was read longest ago. Plain, for comparison.</summary>
/// <remarks>
/// About 210 bytes a slot. Without parents in the bindings it is exactly LRU. <see cref="Touch"/> is for any thread; the other members
/// are for one thread at a time.
/// </remarks>
public sealed class LruPolicy : IEvictionPolicy, ISettledPolicy, IDisposable
{
    private readonly LeafQueues _queues;
    private readonly TouchBuffer _touches;

    /// <summary>Lays out the tables.</summary>
    /// <param name="slotCount">Slots of the tier: 1 to 500,000,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside its range.</exception>
    public LruPolicy(int slotCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slotCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slotCount, 500_000_000);
        _queues = new LeafQueues(slotCount);
        _touches = new TouchBuffer(slotCount);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The slot is tracked already.</exception>
    public void Admit(uint slot, in KeyBinding binding, long lengthBytes)
    {
        Settle();
        _queues.ThrowIfTracked(slot);
        _queues.Enter(SlotQueue.Main, (int)slot, binding, lengthBytes);
    }

    /// <inheritdoc/>
    public void Touch(uint slot) => _touches.Note(slot);

    /// <inheritdoc/>
    public void Settle()
    {
        while (_touches.TryTake(out var slot))
        {
            if (!_queues.Slots.IsTracked(slot))
                continue;
            _queues.Slots.PutBack(slot);
            _queues.Slots.MoveToHead(slot);
        }
    }

    /// <inheritdoc/>
    public void Remove(uint slot, bool evicted)
    {
        Settle();
        if (_queues.Slots.IsTracked((int)slot))
            _queues.Remove((int)slot);
    }

    /// <inheritdoc/>
    public bool TryPickVictim(Func<uint, bool> mayEvict, out uint slot)
    {
        ArgumentNullException.ThrowIfNull(mayEvict);
        Settle();
        var leaf = _queues.FindLeaf(SlotQueue.Main, mayEvict);
        slot = (uint)Math.Max(0, leaf);
        return leaf >= 0;
    }

    /// <inheritdoc/>
    /// <remarks>1 for all that is tracked: it does not count.</remarks>
    public int FrequencyOf(uint slot) => _queues.Slots.IsTracked((int)slot) ? 1 : 0;

    /// <summary>Gives the tables back.</summary>
    public void Dispose() => _queues.Dispose();
}
