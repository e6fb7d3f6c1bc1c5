using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Eviction;

/// <summary>
/// S3-FIFO over the slots of a tier, by bytes, with the prefix rule: a block goes only after all its resident children.
/// </summary>
/// <remarks>
/// <para>
/// Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache eviction", SOSP 2023. New blocks enter a small queue;
/// those read there move to the main queue, the others leave quickly and are remembered as ghosts, whose return leads straight to
/// the main queue. The main queue gives a block another round for each read it saw.
/// </para>
/// <para>
/// Only leaves leave: a block with resident children waits aside until the last of them has gone.
/// </para>
/// <para>
/// Everything is laid out at construction: about 210 bytes a slot and 170 for its two ghosts. <see cref="Touch"/> is for any
/// thread; the other members are for one thread at a time.
/// </para>
/// </remarks>
public sealed class S3FifoPolicy : IEvictionPolicy, IDisposable
{
    private const byte MaxFrequency = 3;

    // Two numbers were chosen on the recorded conversations of a chat service: the paper's tenth for the small queue is too short for
    // a conversation to come back in. One read is rare enough there to tell a block from the rest.
    private const byte MainFrequency = 1;
    private const int SmallSharePercent = 30;
    private const int GhostsPerSlot = 2;
    private const int SmallSharePercentPublished = 10;
    private const int GhostsPerSlotPublished = 1;

    private readonly byte[] _frequencies;
    private readonly LeafQueues _queues;
    private readonly SlotQueues _slots;
    private readonly GhostQueue _ghosts;
    private readonly long _smallTargetBytes;

    /// <summary>Lays out the tables.</summary>
    /// <param name="slotCount">Slots of the tier: 1 to 500,000,000.</param>
    /// <param name="capacityBytes">Bytes that the tier holds when full.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is outside its range.</exception>
    public S3FifoPolicy(int slotCount, long capacityBytes)
        : this(slotCount, capacityBytes, SmallSharePercent, GhostsPerSlot)
    {
    }

    private S3FifoPolicy(int slotCount, long capacityBytes, int smallSharePercent, int ghostsPerSlot)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slotCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slotCount, 500_000_000);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacityBytes);
        _frequencies = new byte[slotCount];
        _queues = new LeafQueues(slotCount);
        _slots = _queues.Slots;
        _ghosts = new GhostQueue(slotCount * ghostsPerSlot);
        _smallTargetBytes = (long)(capacityBytes * (smallSharePercent / 100.0));
    }

    /// <summary>Lays out the tables with the paper's sizes: a tenth for the small queue, and a ghost a slot. For comparison.</summary>
    /// <inheritdoc cref="S3FifoPolicy(int, long)"/>
    public static S3FifoPolicy AsPublished(int slotCount, long capacityBytes) =>
        new(slotCount, capacityBytes, SmallSharePercentPublished, GhostsPerSlotPublished);

    /// <summary>Blocks that are tracked.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the blocks that are tracked.</summary>
    public long TrackedBytes { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The slot is tracked already.</exception>
    public void Admit(uint slot, in KeyBinding binding, long lengthBytes)
    {
        var at = (int)slot;
        _queues.ThrowIfTracked(slot);
        _frequencies[at] = 0;
        Count++;
        TrackedBytes += lengthBytes;
        var queue = _ghosts.Forget(binding.Key) ? SlotQueue.Main : SlotQueue.Small;
        _queues.Enter(queue, at, binding, lengthBytes);
    }

    /// <inheritdoc/>
    public void Touch(uint slot)
    {
        // A race loses a read at most; a count above the maximum cannot come out of it.
        ref var frequency = ref _frequencies[slot];
        var seen = Volatile.Read(ref frequency);
        if (seen < MaxFrequency)
            Volatile.Write(ref frequency, (byte)(seen + 1));
    }

    /// <inheritdoc/>
    public void Remove(uint slot, bool evicted)
    {
        var at = (int)slot;
        if (!_slots.IsTracked(at))
            return;
        if (evicted && _slots.QueueOf(at) == SlotQueue.Small)
            _ghosts.Remember(_queues.KeyOf(at));
        Count--;
        TrackedBytes -= _slots.LengthOf(at);
        _queues.Remove(at);
    }

    /// <inheritdoc/>
    public bool TryPickVictim(Func<uint, bool> mayEvict, out uint slot)
    {
        ArgumentNullException.ThrowIfNull(mayEvict);
        // Each tracked block costs at most one move to the main queue, one setting aside, one refusal and one round for each
        // read; readers that go on touching meanwhile could prolong the walk, which the budget ends.
        var budget = (Count * (MaxFrequency + 3L)) + 1;
        int smallRefusals = 0, mainRefusals = 0;
        while (budget-- > 0)
        {
            var isSmallDone = smallRefusals >= _slots.CountOf(SlotQueue.Small);
            var isMainDone = mainRefusals >= _slots.CountOf(SlotQueue.Main);
            if (isSmallDone && isMainDone)
                break;
            if (isMainDone || (!isSmallDone && _slots.BytesOf(SlotQueue.Small) >= _smallTargetBytes))
            {
                if (TryTakeFromSmall(mayEvict, ref smallRefusals, out var at))
                {
                    slot = (uint)at;
                    return true;
                }
            }
            else if (TryTakeFromMain(mayEvict, ref mainRefusals, out var at))
            {
                slot = (uint)at;
                return true;
            }
        }
        return TryPickAny(mayEvict, out slot);
    }

    /// <inheritdoc/>
    /// <remarks>The reads that were seen lately, 3 at most; a block of the main queue counts as 1 at least.</remarks>
    public int FrequencyOf(uint slot)
    {
        var queue = _slots.QueueOf((int)slot);
        if (queue == SlotQueue.None)
            return 0;
        return Math.Max((int)Volatile.Read(ref _frequencies[slot]), queue == SlotQueue.Main ? 1 : 0);
    }

    /// <summary>Gives the tables back.</summary>
    public void Dispose()
    {
        _queues.Dispose();
        _ghosts.Dispose();
    }

    private bool TryTakeFromSmall(Func<uint, bool> mayEvict, ref int refusals, out int at)
    {
        at = _slots.TailOf(SlotQueue.Small);
        if (Volatile.Read(ref _frequencies[at]) >= MainFrequency)
        {
            Volatile.Write(ref _frequencies[at], 0);
            _slots.Move(at, SlotQueue.Main);
            return false;
        }
        return _queues.IsVictim(at, mayEvict, ref refusals);
    }

    private bool TryTakeFromMain(Func<uint, bool> mayEvict, ref int refusals, out int at)
    {
        at = _slots.TailOf(SlotQueue.Main);
        var seen = Volatile.Read(ref _frequencies[at]);
        if (seen > 0)
        {
            Volatile.Write(ref _frequencies[at], (byte)(seen - 1));
            _slots.MoveToHead(at);
            return false;
        }
        return _queues.IsVictim(at, mayEvict, ref refusals);
    }

    /// <summary>
    /// The last resort of a walk that found nothing: the first leaf in either queue that may go, however often it was read.
    /// </summary>
    private bool TryPickAny(Func<uint, bool> mayEvict, out uint slot)
    {
        for (var queue = SlotQueue.Small; queue <= SlotQueue.Main; queue++)
        {
            for (var at = _slots.TailOf(queue); at >= 0; at = _slots.TowardsHead(at))
            {
                if (_queues.IsLeaf(at) && mayEvict((uint)at))
                {
                    slot = (uint)at;
                    return true;
                }
            }
        }
        slot = 0;
        return false;
    }
}
