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
/// A candidate that has resident children is set aside, and comes back to the leaving end of its queue as soon as its last
/// child is gone. A chain of cold blocks thus leaves from its leaf to its root, in constant time a block.
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
    private readonly long[] _lengths;
    private readonly PrefixForest _forest;
    private readonly SlotQueues _queues;
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
        _lengths = new long[slotCount];
        _forest = new PrefixForest(slotCount);
        _queues = new SlotQueues(slotCount);
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
        if (_queues.IsTracked(at))
            throw new InvalidOperationException($"Slot {slot} is tracked already: remove its copy before another one enters it.");
        _frequencies[at] = 0;
        _lengths[at] = lengthBytes;
        Count++;
        TrackedBytes += lengthBytes;
        var queue = _ghosts.Forget(binding.Key) ? SlotQueue.Main : SlotQueue.Small;
        _queues.PushHead(queue, at, lengthBytes);
        _forest.Add(at, binding);
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
        if (!_queues.IsTracked(at))
            return;
        if (evicted && _queues.QueueOf(at) == SlotQueue.Small)
            _ghosts.Remember(_forest.KeyOf(at));
        _queues.Unlink(at, _lengths[at]);
        Count--;
        TrackedBytes -= _lengths[at];
        var parent = _forest.Remove(at);
        if (parent >= 0 && _forest.IsLeaf(parent))
            _queues.PutBack(parent, _lengths[parent]);
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
            var isSmallDone = smallRefusals >= _queues.CountOf(SlotQueue.Small);
            var isMainDone = mainRefusals >= _queues.CountOf(SlotQueue.Main);
            if (isSmallDone && isMainDone)
                break;
            if (isMainDone || (!isSmallDone && _queues.BytesOf(SlotQueue.Small) >= _smallTargetBytes))
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
        var queue = _queues.QueueOf((int)slot);
        if (queue == SlotQueue.None)
            return 0;
        return Math.Max((int)Volatile.Read(ref _frequencies[slot]), queue == SlotQueue.Main ? 1 : 0);
    }

    /// <summary>Gives the tables back.</summary>
    public void Dispose()
    {
        _forest.Dispose();
        _ghosts.Dispose();
    }

    private bool TryTakeFromSmall(Func<uint, bool> mayEvict, ref int refusals, out int at)
    {
        at = _queues.TailOf(SlotQueue.Small);
        if (Volatile.Read(ref _frequencies[at]) >= MainFrequency)
        {
            Volatile.Write(ref _frequencies[at], 0);
            _queues.Unlink(at, _lengths[at]);
            _queues.PushHead(SlotQueue.Main, at, _lengths[at]);
            return false;
        }
        return IsVictim(SlotQueue.Small, at, mayEvict, ref refusals);
    }

    private bool TryTakeFromMain(Func<uint, bool> mayEvict, ref int refusals, out int at)
    {
        at = _queues.TailOf(SlotQueue.Main);
        var seen = Volatile.Read(ref _frequencies[at]);
        if (seen > 0)
        {
            Volatile.Write(ref _frequencies[at], (byte)(seen - 1));
            _queues.MoveToHead(at, _lengths[at]);
            return false;
        }
        return IsVictim(SlotQueue.Main, at, mayEvict, ref refusals);
    }

    private bool IsVictim(SlotQueue queue, int at, Func<uint, bool> mayEvict, ref int refusals)
    {
        if (!_forest.IsLeaf(at))
        {
            _queues.SetAside(at, _lengths[at]);
            return false;
        }
        if (mayEvict((uint)at))
            return true;
        refusals++;
        _queues.MoveToHead(at, _lengths[at]);
        return false;
    }

    /// <summary>
    /// The last resort of a walk that found nothing: the first leaf in either queue that may go, however often it was read.
    /// </summary>
    private bool TryPickAny(Func<uint, bool> mayEvict, out uint slot)
    {
        for (var queue = SlotQueue.Small; queue <= SlotQueue.Main; queue++)
        {
            for (var at = _queues.TailOf(queue); at >= 0; at = _queues.TowardsHead(at))
            {
                if (_forest.IsLeaf(at) && mayEvict((uint)at))
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
