using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Eviction;

/// <summary>Gives up the leaf that was read longest ago. Plain, for comparison.</summary>
/// <remarks>
/// About 200 bytes a slot. Without parents in the bindings it is exactly LRU. A block with resident children is set aside when its
/// turn comes, and goes as soon as the last of them has gone. <see cref="Touch"/> is for any thread; the other members are for one
/// thread at a time.
/// </remarks>
public sealed class LruPolicy : IEvictionPolicy, ISettledPolicy, IDisposable
{
    private readonly PrefixForest _forest;
    private readonly SlotQueues _queues;
    private readonly TouchBuffer _touches;

    /// <summary>Lays out the tables.</summary>
    /// <param name="slotCount">Slots of the tier: 1 to 500,000,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside its range.</exception>
    public LruPolicy(int slotCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slotCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slotCount, 500_000_000);
        _forest = new PrefixForest(slotCount);
        _queues = new SlotQueues(slotCount);
        _touches = new TouchBuffer(slotCount);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The slot is tracked already.</exception>
    public void Admit(uint slot, in KeyBinding binding, long lengthBytes)
    {
        Settle();
        if (_queues.IsTracked((int)slot))
            throw new InvalidOperationException($"Slot {slot} is tracked already: remove its copy before another one enters it.");
        _queues.PushHead(SlotQueue.Main, (int)slot, 1);
        _forest.Add((int)slot, binding);
    }

    /// <inheritdoc/>
    public void Touch(uint slot) => _touches.Note(slot);

    /// <inheritdoc/>
    public void Settle()
    {
        while (_touches.TryTake(out var slot))
        {
            if (!_queues.IsTracked(slot))
                continue;
            _queues.PutBack(slot, 1);
            _queues.MoveToHead(slot, 1);
        }
    }

    /// <inheritdoc/>
    public void Remove(uint slot, bool evicted)
    {
        Settle();
        var at = (int)slot;
        if (!_queues.IsTracked(at))
            return;
        _queues.Unlink(at, 1);
        var parent = _forest.Remove(at);
        if (parent >= 0 && _forest.IsLeaf(parent))
            _queues.PutBack(parent, 1);
    }

    /// <inheritdoc/>
    public bool TryPickVictim(Func<uint, bool> mayEvict, out uint slot)
    {
        ArgumentNullException.ThrowIfNull(mayEvict);
        Settle();
        for (var refusals = 0; refusals < _queues.CountOf(SlotQueue.Main);)
        {
            var at = _queues.TailOf(SlotQueue.Main);
            slot = (uint)at;
            if (!_forest.IsLeaf(at))
            {
                _queues.SetAside(at, 1);
                continue;
            }
            if (mayEvict(slot))
                return true;
            refusals++;
            _queues.MoveToHead(at, 1);
        }
        slot = 0;
        return false;
    }

    /// <inheritdoc/>
    /// <remarks>1 for all that is tracked: it does not count.</remarks>
    public int FrequencyOf(uint slot) => _queues.IsTracked((int)slot) ? 1 : 0;

    /// <summary>Gives the tables back.</summary>
    public void Dispose() => _forest.Dispose();
}
