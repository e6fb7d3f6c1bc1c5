namespace Cascade.Core.Eviction;

internal enum SlotQueue : byte
{
    None = 0,
    Small = 1,
    Main = 2,
    Protected = 3,
}

/// <summary>
/// A few queues of resident slots, linked through arrays; a slot can be set aside from its queue for a while.
/// </summary>
internal sealed class SlotQueues
{
    private const int Nil = -1;

    private readonly int[] _towardsHead;
    private readonly int[] _towardsTail;
    private readonly SlotQueue[] _queueOf;
    private readonly bool[] _isAside;
    private readonly long[] _lengths;
    private readonly int[] _heads = [Nil, Nil, Nil, Nil];
    private readonly int[] _tails = [Nil, Nil, Nil, Nil];
    private readonly int[] _counts = new int[4];
    private readonly long[] _bytes = new long[4];

    public SlotQueues(int slotCount)
    {
        _towardsHead = new int[slotCount];
        _towardsTail = new int[slotCount];
        _queueOf = new SlotQueue[slotCount];
        _isAside = new bool[slotCount];
        _lengths = new long[slotCount];
    }

    public bool IsTracked(int slot) => _queueOf[slot] != SlotQueue.None;

    /// <summary>The queue that the slot is in or was set aside from.</summary>
    public SlotQueue QueueOf(int slot) => _queueOf[slot];

    /// <summary>Slots in the queue; those set aside do not count.</summary>
    public int CountOf(SlotQueue queue) => _counts[(int)queue];

    /// <summary>Bytes in the queue; those set aside do not count.</summary>
    public long BytesOf(SlotQueue queue) => _bytes[(int)queue];

    /// <summary>Bytes of the block in a slot that is tracked.</summary>
    public long LengthOf(int slot) => _lengths[slot];

    /// <summary>The next slot to leave the queue; -1 when it is empty.</summary>
    public int TailOf(SlotQueue queue) => _tails[(int)queue];

    /// <summary>The slot that leaves after this one; -1 at the head.</summary>
    public int TowardsHead(int slot) => _towardsHead[slot];

    /// <summary>Puts a slot that is in no queue at the head of one.</summary>
    public void Enter(SlotQueue queue, int slot, long lengthBytes)
    {
        _lengths[slot] = lengthBytes;
        PushHead(queue, slot);
    }

    /// <summary>Takes the slot out of its queue, or from aside, for good.</summary>
    public void Unlink(int slot)
    {
        if (!_isAside[slot])
            Leave(slot);
        _isAside[slot] = false;
        _queueOf[slot] = SlotQueue.None;
    }

    public void MoveToHead(int slot) => Move(slot, _queueOf[slot]);

    /// <summary>Puts a slot that is not aside at the head of a queue.</summary>
    public void Move(int slot, SlotQueue queue)
    {
        Leave(slot);
        PushHead(queue, slot);
    }

    /// <summary>Takes the slot out of its queue; <see cref="PutBack"/> brings it back.</summary>
    public void SetAside(int slot)
    {
        Leave(slot);
        _isAside[slot] = true;
    }

    /// <summary>Makes a slot that was set aside the next to leave its queue; does nothing to another one.</summary>
    public void PutBack(int slot)
    {
        if (!_isAside[slot])
            return;
        _isAside[slot] = false;
        var queue = _queueOf[slot];
        Count(queue, slot);
        var tail = _tails[(int)queue];
        _towardsHead[slot] = tail;
        _towardsTail[slot] = Nil;
        if (tail == Nil)
            _heads[(int)queue] = slot;
        else
            _towardsTail[tail] = slot;
        _tails[(int)queue] = slot;
    }

    private void PushHead(SlotQueue queue, int slot)
    {
        Count(queue, slot);
        var head = _heads[(int)queue];
        _towardsTail[slot] = head;
        _towardsHead[slot] = Nil;
        if (head == Nil)
            _tails[(int)queue] = slot;
        else
            _towardsHead[head] = slot;
        _heads[(int)queue] = slot;
    }

    private void Count(SlotQueue queue, int slot)
    {
        _queueOf[slot] = queue;
        _counts[(int)queue]++;
        _bytes[(int)queue] += _lengths[slot];
    }

    private void Leave(int slot)
    {
        var queue = (int)_queueOf[slot];
        int ahead = _towardsHead[slot], behind = _towardsTail[slot];
        if (ahead == Nil)
            _heads[queue] = behind;
        else
            _towardsTail[ahead] = behind;
        if (behind == Nil)
            _tails[queue] = ahead;
        else
            _towardsHead[behind] = ahead;
        _counts[queue]--;
        _bytes[queue] -= _lengths[slot];
    }
}
