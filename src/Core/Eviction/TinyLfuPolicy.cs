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
/// About 210 bytes a slot. A block with resident children is set aside when its turn comes. <see cref="Touch"/> is for any thread; the
/// other members are for one thread at a time.
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

    private readonly PrefixForest _forest;
    private readonly SlotQueues _queues;
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
        _forest = new PrefixForest(slotCount);
        _queues = new SlotQueues(slotCount);
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
        if (_queues.IsTracked((int)slot))
            throw new InvalidOperationException($"Slot {slot} is tracked already: remove its copy before another one enters it.");
        _sketch.Record(binding.Key.Prefix64);
        _queues.PushHead(Window, (int)slot, 1);
        _forest.Add((int)slot, binding);
        if (_queues.CountOf(Window) > _windowMax && _behindWindow < _behindWindowMax)
            LeaveWindow(_queues.TailOf(Window));
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
            _sketch.Record(_forest.KeyOf(slot).Prefix64);
            _queues.PutBack(slot, 1);
            if (_queues.QueueOf(slot) == Probation)
                Move(slot, SlotQueue.Protected);
            else
                _queues.MoveToHead(slot, 1);
            if (_queues.CountOf(SlotQueue.Protected) > _protectedMax)
                Move(_queues.TailOf(SlotQueue.Protected), Probation);
        }
    }

    /// <inheritdoc/>
    public void Remove(uint slot, bool evicted)
    {
        Settle();
        var at = (int)slot;
        if (!_queues.IsTracked(at))
            return;
        if (_queues.QueueOf(at) != Window)
            _behindWindow--;
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
        var refusals = 0;
        var incumbent = FindLeaf(Probation, mayEvict, ref refusals);
        if (incumbent < 0)
            incumbent = FindLeaf(SlotQueue.Protected, mayEvict, ref refusals);
        if (_queues.CountOf(Window) > _windowMax || incumbent < 0)
        {
            var refusalsOfWindow = 0;
            var newcomer = FindLeaf(Window, mayEvict, ref refusalsOfWindow);
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
    public int FrequencyOf(uint slot) => _queues.QueueOf((int)slot) switch
    {
        SlotQueue.None => 0,
        Window => Math.Max(0, FrequencyAt((int)slot) - 1),
        _ => Math.Max(1, FrequencyAt((int)slot)),
    };

    /// <summary>Gives the tables back.</summary>
    public void Dispose() => _forest.Dispose();

    private int FrequencyAt(int slot) => _sketch.Estimate(_forest.KeyOf(slot).Prefix64);

    /// <summary>The next leaf of the queue that may go; -1 when there is none. What is refused starts at the queue's head again.</summary>
    private int FindLeaf(SlotQueue queue, Func<uint, bool> mayEvict, ref int refusals)
    {
        for (refusals = 0; refusals < _queues.CountOf(queue);)
        {
            var at = _queues.TailOf(queue);
            if (!_forest.IsLeaf(at))
            {
                _queues.SetAside(at, 1);
                continue;
            }
            if (mayEvict((uint)at))
                return at;
            refusals++;
            _queues.MoveToHead(at, 1);
        }
        return -1;
    }

    private void LeaveWindow(int slot)
    {
        _behindWindow++;
        Move(slot, Probation);
    }

    private void Move(int slot, SlotQueue queue)
    {
        _queues.Unlink(slot, 1);
        _queues.PushHead(queue, slot, 1);
    }
}
