using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Tracking;

namespace Cascade.Core.Eviction;

/// <summary>W-TinyLFU by blocks: a small window of the newest, and behind it what is asked for more often than what it displaces. For comparison.</summary>
/// <remarks>
/// <para>
/// Einziger, Friedman, Manes: "TinyLFU: A Highly Efficient Cache Admission Policy", ACM ToS 2017: a window of 1 %, a segmented LRU of
/// which 80 % is for blocks read twice, and a sketch of frequencies that is halved after ten accesses a slot. A block that leaves the
/// window and the next to leave the segmented LRU are compared: the one asked for less often goes.
/// </para>
/// <para>
/// About 220 bytes a slot. <see cref="Touch"/> is for any thread; the other members are for one thread at a time.
/// </para>
/// </remarks>
public sealed class TinyLfuPolicy : IEvictionPolicy, ISettledPolicy, IDisposable
{
    private const SlotQueue Window = SlotQueue.Small;
    private const SlotQueue Probation = SlotQueue.Main;
    private const double WindowShare = 0.01;
    private const double ProtectedShare = 0.8;
    private const int CountersPerSlot = 4;
    private const int AccessesPerSlot = 10;

    private readonly LeafQueues _queues;
    private readonly SlotQueues _slots;
    private readonly TouchBuffer _touches;
    private readonly FrequencySketch _sketch;
    private readonly int _windowMax;
    private readonly int _protectedMax;
    private readonly int _behindWindowMax;
    private int _behindWindow;

    /// <summary>Lays out the tables.</summary>
    /// <param name="slotCount">Slots of the tier: 1 to 50,000,000.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is outside its range.</exception>
    public TinyLfuPolicy(int slotCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slotCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slotCount, 50_000_000);
        _queues = new LeafQueues(slotCount);
        _slots = _queues.Slots;
        _touches = new TouchBuffer(slotCount);
        _sketch = new FrequencySketch(slotCount * CountersPerSlot, (long)slotCount * AccessesPerSlot);
        _windowMax = Math.Max(1, (int)(slotCount * WindowShare));
        _protectedMax = (int)((slotCount - _windowMax) * ProtectedShare);
        _behindWindowMax = slotCount - 1 - _windowMax;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The slot is tracked already.</exception>
    public void Admit(uint slot, in KeyBinding binding, long lengthBytes)
    {
        Settle();
        _queues.ThrowIfTracked(slot);
        _sketch.Record(binding.Key.Prefix64);
        _queues.Enter(Window, (int)slot, binding, lengthBytes);
        if (_slots.CountOf(Window) > _windowMax && _behindWindow < _behindWindowMax)
            LeaveWindow(_slots.TailOf(Window));
    }

    /// <inheritdoc/>
    public void Touch(uint slot) => _touches.Note(slot);

    /// <inheritdoc/>
    public void Settle()
    {
        while (_touches.TryTake(out var slot))
        {
            if (!_slots.IsTracked(slot))
                continue;
            _sketch.Record(_queues.KeyOf(slot).Prefix64);
            _slots.PutBack(slot);
            if (_slots.QueueOf(slot) == Probation)
                _slots.Move(slot, SlotQueue.Protected);
            else
                _slots.MoveToHead(slot);
            if (_slots.CountOf(SlotQueue.Protected) > _protectedMax)
                _slots.Move(_slots.TailOf(SlotQueue.Protected), Probation);
        }
    }

    /// <inheritdoc/>
    public void Remove(uint slot, bool evicted)
    {
        Settle();
        var at = (int)slot;
        if (!_slots.IsTracked(at))
            return;
        if (_slots.QueueOf(at) != Window)
            _behindWindow--;
        _queues.Remove(at);
    }

    /// <inheritdoc/>
    public bool TryPickVictim(Func<uint, bool> mayEvict, out uint slot)
    {
        ArgumentNullException.ThrowIfNull(mayEvict);
        Settle();
        var incumbent = _queues.FindLeaf(Probation, mayEvict);
        if (incumbent < 0)
            incumbent = _queues.FindLeaf(SlotQueue.Protected, mayEvict);
        if (_slots.CountOf(Window) > _windowMax || incumbent < 0)
        {
            var newcomer = _queues.FindLeaf(Window, mayEvict);
            if (newcomer >= 0 && (incumbent < 0 || FrequencyAt(newcomer) <= FrequencyAt(incumbent)))
            {
                slot = (uint)newcomer;
                return true;
            }
            if (newcomer >= 0)
                LeaveWindow(newcomer);
        }
        slot = (uint)Math.Max(0, incumbent);
        return incumbent >= 0;
    }

    /// <inheritdoc/>
    /// <remarks>The estimate of the sketch, up to 15; 1 at least for what has passed the window.</remarks>
    public int FrequencyOf(uint slot) => _slots.QueueOf((int)slot) switch
    {
        SlotQueue.None => 0,
        Window => Math.Max(0, FrequencyAt((int)slot) - 1),
        _ => Math.Max(1, FrequencyAt((int)slot)),
    };

    /// <summary>Gives the tables back.</summary>
    public void Dispose() => _queues.Dispose();

    private int FrequencyAt(int slot) => _sketch.Estimate(_queues.KeyOf(slot).Prefix64);

    private void LeaveWindow(int slot)
    {
        _behindWindow++;
        _slots.Move(slot, Probation);
    }
}
