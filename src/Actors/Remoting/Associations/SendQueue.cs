using Cascade.Actors.Remoting.Frames;

namespace Cascade.Actors.Remoting.Associations;

/// <summary>What became of a message that was to be sent.</summary>
internal enum SendOutcome
{
    Queued,

    /// <summary>The queue holds its bound in messages or bytes.</summary>
    Full,

    /// <summary>There is no connection and none is being made.</summary>
    Unreachable,

    /// <summary>The codec has no such message, or it is too large.</summary>
    Uncoded,

    /// <summary>Too many asks are open.</summary>
    TooManyAsks,
}

/// <summary>A message that was queued, kept until its bytes are taken so that it can become a dead letter.</summary>
internal readonly record struct Queued(object Message, IActorRef? Sender, IActorRef Recipient);

/// <summary>Frames for one peer: written at the front, taken in one batch while further ones are written. Bounded; not thread-safe.</summary>
internal sealed class SendQueue(RemoteSettings settings)
{
    private FrameBuffer _front = new(settings.FrameBytesMax);
    private FrameBuffer _batch = new(settings.FrameBytesMax);
    private List<Queued> _queued = [];
    private int _messagesInBatch;

    /// <summary>Where frames are written.</summary>
    public FrameBuffer Front => _front;

    public bool IsEmpty => _front.Length == 0;

    /// <summary>Messages that are not sent yet, those on their way included.</summary>
    public int Messages => _queued.Count + _messagesInBatch;

    /// <summary>Bytes that are not sent yet, those on their way included.</summary>
    public long Bytes => (long)_front.Length + _batch.Length;

    public bool IsFull => Messages >= settings.QueueMessagesMax || Bytes >= settings.QueueBytesMax;

    /// <summary>Room that is kept for the news that an ask gets no reply.</summary>
    public bool HasReserve => Bytes < settings.QueueBytesMax * 3L / 2;

    /// <summary>True when lifecycle frames, which pass the bound, have piled up to twice of it: the connection has to be given up.</summary>
    public bool IsOverrun => Bytes >= 2L * settings.QueueBytesMax;

    /// <summary>Remembers the message whose frame was just ended.</summary>
    public void Add(Queued queued) => _queued.Add(queued);

    /// <summary>Takes all that waits as one batch; false when nothing does. The batch before must be sent.</summary>
    public bool TryTake(out ReadOnlyMemory<byte> batch)
    {
        batch = default;
        if (_front.Length == 0) return false;
        (_front, _batch) = (_batch, _front);
        _messagesInBatch = _queued.Count;
        _queued.Clear();
        batch = _batch.Memory;
        return true;
    }

    /// <summary>The batch is sent.</summary>
    public void Sent()
    {
        _batch.Clear();
        _messagesInBatch = 0;
    }

    /// <summary>Gives up what waits and returns its messages; a batch on its way keeps its memory to itself.</summary>
    public List<Queued> Drain()
    {
        var left = _queued;
        _queued = [];
        _front.Clear();
        _batch = new FrameBuffer(settings.FrameBytesMax);
        _messagesInBatch = 0;
        return left;
    }
}
