using Cascade.Actors.Remoting.Associations;
using Cascade.Actors.Remoting.Refs;

namespace Cascade.Actors.Remoting;

/// <summary>The shell round one association: its lock, its queue, its connection. Thread-safe.</summary>
/// <remarks>
/// Whoever tells writes the frame himself, under the lock, and schedules the one flush if none is under way; the flush sends all that has gathered
/// in one batch, and again until nothing is left. What may call back or block is done after the lock is left.
/// </remarks>
internal sealed partial class Peer : IRunnable
{
    private readonly Lock _lock = new();
    private readonly RemoteSystem _remote;
    private readonly Association _association;
    private readonly SendQueue _queue;
    private readonly List<AssociationEffect> _effects = [];
    private bool _flushScheduled;

    public Peer(RemoteSystem remote, Address address)
    {
        (_remote, Address, Name) = (remote, address, address.ToString());
        _association = new Association(remote.Name, Name, remote.Incarnation, remote.Settings);
        _queue = new SendQueue(remote.Settings);
    }

    public Address Address { get; }

    /// <summary>The address as it stands on the wire.</summary>
    public string Name { get; }

    public ActorSystem System => _remote.System;

    public AssociationState State
    {
        get
        {
            lock (_lock)
            {
                return _association.State;
            }
        }
    }

    /// <summary>Whether a later life of the peer than this one was ever known. Takes no lock.</summary>
    public bool WasFollowed(ulong incarnation) => _association.WasFollowed(incarnation);

    /// <summary>Queues a message, or makes it a dead letter with the reason and fails its ask.</summary>
    public void Send(RemoteRef to, object message, IActorRef? sender)
    {
        SendOutcome outcome;
        string? detail = null;
        bool flush;
        List<Action>? after;
        lock (_lock)
        {
            _association.Want(_remote.Now, _effects);
            after = Apply();
            outcome = Queue(to, message, sender, ref detail);
            flush = TryScheduleFlush();
        }

        Run(after);
        if (flush) _remote.ScheduleFlush(this);
        if (outcome == SendOutcome.Queued) return;
        Reject(new Queued(message, sender, to), outcome, detail);
        if (to is not RemoteAskRef ask) return;
        if (outcome == SendOutcome.Uncoded) Reject(ask, new UncodedMessageException($"The reply, {message.GetType()}, could not be sent."));
        if (outcome == SendOutcome.Full) Reject(ask, new MailboxFullException($"The reply found the send queue to {Name} full."));
    }

    /// <summary>Tells an asker of the peer that no reply will come.</summary>
    public void Reject(RemoteAskRef ask, Exception cause)
    {
        bool flush;
        lock (_lock)
        {
            // Without room or connection the asker learns it by the loss of the connection, or by its timeout.
            if (!_association.CanQueue || !_queue.HasReserve || IsOfOtherLife(ask)) return;
            Wire.Reject(_queue.Front, ask.Number, cause);
            flush = TryScheduleFlush();
        }

        if (flush) _remote.ScheduleFlush(this);
    }

    public void Note(string text) => _remote.Note(Name, text);

    /// <summary>Tells the core something, under the lock, and does what it wants.</summary>
    public void Step(Action<Association, TimeSpan, List<AssociationEffect>> input)
    {
        List<Action>? after;
        bool flush;
        lock (_lock)
        {
            input(_association, _remote.Now, _effects);
            if (_queue.IsOverrun) _association.Break("the peer takes too little of what concerns watches", _remote.Now, _effects);
            after = Apply();
            flush = TryScheduleFlush();
        }

        Run(after);
        if (flush) _remote.ScheduleFlush(this);
    }

    public void Tick() => Step(static (association, now, effects) => association.Tick(now, effects));

    /// <summary>Bytes came; false when the link is not the one in use, so that its frames do not count.</summary>
    public bool OnReceived(Link link)
    {
        lock (_lock)
        {
            if (_association.Link != link || _association.State != AssociationState.Established) return false;
            _association.OnReceived(_remote.Now);
            return true;
        }
    }

    /// <summary>A batch, or a greeting, that was not sent at once is.</summary>
    public void OnSent(Link link)
    {
        lock (_lock)
        {
            if (!link.IsSending) return;
            link.IsSending = false;
            if (_association.Link != link) return;
            if (!link.IsGreeting) _queue.Sent();
            link.IsGreeting = false;
            _flushScheduled = true;
        }

        Run();
    }

    void IThreadPoolWorkItem.Execute() => Run();

    /// <summary>Sends all that has gathered, until nothing is left or a batch stays on its way.</summary>
    public void Run()
    {
        while (true)
        {
            Link link;
            ReadOnlyMemory<byte> batch;
            lock (_lock)
            {
                link = (_association.Link as Link)!;
                if (_association.State != AssociationState.Established || link.IsSending || !_queue.TryTake(out batch))
                {
                    _flushScheduled = false;
                    return;
                }

                link.IsSending = true;
                _association.OnSent(_remote.Now);
            }

            if (!link.Connection!.Send(batch)) return;
            lock (_lock)
            {
                link.IsSending = false;
                // The connection was lost meanwhile: the next one flushes for itself.
                if (_association.Link != link) return;
                _queue.Sent();
            }
        }
    }

    private SendOutcome Queue(RemoteRef to, object message, IActorRef? sender, ref string? detail)
    {
        if (!_association.CanQueue || IsOfOtherLife(to)) return SendOutcome.Unreachable;
        if (_queue.IsFull) return SendOutcome.Full;
        ulong ask = 0;
        if (sender is IAskPromise promise and not RemoteRef && !_remote.Asks.TryAdd(promise, this, out ask)) return SendOutcome.TooManyAsks;
        var front = _queue.Front;
        try
        {
            if (Wire.TryMessage(front, _remote, to, message, sender, ask))
            {
                _queue.Add(new Queued(message, sender, to));
                return SendOutcome.Queued;
            }
        }
        catch (Exception cause)
        {
            // The host's codec threw, or the frame limit was passed; either way only this message is at fault.
            detail = cause.Message;
        }

        front.TakeBack();
        if (ask != 0) _remote.Asks.Take(ask);
        return SendOutcome.Uncoded;
    }

    private bool IsOfOtherLife(RemoteRef to) => _association.IsOver(to.Incarnation);

    private bool TryScheduleFlush()
    {
        if (_flushScheduled || _queue.IsEmpty || _association.State != AssociationState.Established || _association.Link is Link { IsSending: true }) return false;
        return _flushScheduled = true;
    }

    private void Reject(Queued queued, SendOutcome outcome, string? detail) => System.DeadLetterRef.Reject(
        queued.Message, queued.Sender, queued.Recipient, (actor, message) => outcome switch
        {
            SendOutcome.Full => new MailboxFullException($"The send queue to {Name} is full; {message.GetType()} was not taken. Retry later."),
            SendOutcome.TooManyAsks => new MailboxFullException($"{_remote.Settings.AsksMax} asks to remote actors are open; {message.GetType()} was not taken. Retry later."),
            SendOutcome.Uncoded => new UncodedMessageException($"{message.GetType()} cannot be sent to {actor}: {detail ?? "it is not in the codec's table"}."),
            _ => new PeerUnreachableException($"{Name} is not connected; {message.GetType()} was not sent{(detail is null ? string.Empty : ": ")}{detail}."),
        });

    private static void Run(List<Action>? after)
    {
        if (after is null) return;
        foreach (var action in after) action();
    }
}
