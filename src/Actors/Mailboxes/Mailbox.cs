using System.Runtime.CompilerServices;

namespace Cascade.Actors;

/// <summary>
/// A bounded queue of many producers and one consumer, and the turn that drains it.
/// </summary>
/// <remarks>
/// Producers push onto a lock-free stack (Treiber, 1986); the consumer reads the stack's head, reverses what is new and
/// works it off in order of arrival, leaving the head in place as the mark of how far it has read. The same word tells whether
/// a turn is due: <c>null</c> is idle, so whoever replaces <c>null</c> schedules the turn, and an idle mailbox holds nothing.
/// </remarks>
internal sealed class Mailbox : IRunnable
{
    private static readonly Envelope ScheduledEmpty = new(new object(), null, isSignal: true);
    private static readonly Envelope Closed = new(new object(), null, isSignal: true);
    private static readonly SystemMessage ClosedToSystem = new Terminate();

    private readonly int _capacity;
    private Envelope? _inbox = ScheduledEmpty;
    private SystemMessage? _system;
    private Envelope? _chain;
    private Envelope? _lastTaken;
    private uint _consumed;
    private int _parked;

    public Mailbox(ActorCell cell, int capacity)
    {
        Cell = cell;
        _capacity = capacity;
    }

    public ActorCell Cell { get; }

    private IDispatcher Dispatcher => Cell.Dispatcher;

    /// <summary>Lets the first turn run, in which the actor is created.</summary>
    public void Start() => Dispatcher.Schedule(this);

    public void Post(object message, IActorRef? sender) => Push(new Envelope(message, sender, isSignal: false));

    /// <summary>Posts a signal of the engine, past the bound: each is one of a bounded number (a timer, a watch).</summary>
    public void PostSignal(object message) => Push(new Envelope(message, null, isSignal: true));

    public void PostSystem(SystemMessage message)
    {
        while (true)
        {
            var seen = Volatile.Read(ref _system);
            if (ReferenceEquals(seen, ClosedToSystem))
            {
                message.AnswerForDead(Cell.Self, Cell.System);
                return;
            }

            message.Next = seen;
            if (Interlocked.CompareExchange(ref _system, message, seen) == seen) break;
        }

        if (TryUnpark() || (Volatile.Read(ref _inbox) is null && TryLeaveIdle())) Dispatcher.Schedule(this);
    }

    /// <summary>Puts envelopes that were taken before back in front of those that wait.</summary>
    /// <remarks>Only in the actor's own turn.</remarks>
    public void Prepend(IReadOnlyList<Envelope> envelopes)
    {
        for (var i = envelopes.Count - 1; i >= 0; i--)
        {
            envelopes[i].Next = _chain;
            _chain = envelopes[i];
        }

        _consumed -= (uint)envelopes.Count;
    }

    void IThreadPoolWorkItem.Execute() => Run();

    /// <summary>One turn: signals first, then up to the dispatcher's throughput of messages.</summary>
    public void Run()
    {
        var outer = ActorCell.Current;
        ActorCell.Current = Cell;
        Cell.EnsureCreated();
        for (var budget = Dispatcher.Throughput; ;)
        {
            if (!Cell.IsTerminated && Volatile.Read(ref _system) is not null) ProcessSystem();
            if (Cell.IsTerminated) break;
            if (Cell.IsSuspended)
            {
                if (TryPark()) break;
                continue;
            }

            if (_chain is null && !TakeInbox())
            {
                if (TryGoIdle()) break;
                continue;
            }

            if (budget-- == 0)
            {
                Dispatcher.Schedule(this);
                break;
            }

            Cell.Invoke(Dequeue());
        }

        ActorCell.Current = outer;
    }

    /// <summary>Refuses everything from now on and sends what waits to the dead letters.</summary>
    /// <remarks>Only in the actor's own turn.</remarks>
    public void Close()
    {
        var head = Interlocked.Exchange(ref _inbox, Closed);
        if (!ReferenceEquals(head, _lastTaken)) Reverse(head);
        while (_chain is not null)
        {
            var envelope = Dequeue();
            if (!envelope.IsSignal) RejectDead(envelope);
        }

        _lastTaken = null;
        for (var left = InOrder(Interlocked.Exchange(ref _system, ClosedToSystem)); left is not null;)
        {
            var message = left;
            left = left.Next;
            message.AnswerForDead(Cell.Self, Cell.System);
        }
    }

    private void Push(Envelope envelope)
    {
        var spin = default(SpinWait);
        while (true)
        {
            var seen = Volatile.Read(ref _inbox);
            if (ReferenceEquals(seen, Closed))
            {
                if (!envelope.IsSignal) RejectDead(envelope);
                return;
            }

            var empty = seen is null || ReferenceEquals(seen, ScheduledEmpty);
            var consumed = Volatile.Read(ref _consumed);
            var before = empty ? consumed : seen!.Ordinal;
            // Signed, since a head read long ago may be behind the consumer by now; the exchange below then fails.
            if ((int)(before - consumed) >= _capacity && !envelope.IsSignal)
            {
                Cell.System.RejectFull(envelope, Cell.Self);
                return;
            }

            envelope.Ordinal = before + 1;
            envelope.Next = empty ? null : seen;
            if (Interlocked.CompareExchange(ref _inbox, envelope, seen) == seen)
            {
                if (seen is null) Dispatcher.Schedule(this);
                return;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private void RejectDead(Envelope envelope) => Cell.System.RejectDead(envelope, Cell.Self);

    private void ProcessSystem()
    {
        for (var left = InOrder(Interlocked.Exchange(ref _system, null)); left is not null;)
        {
            var message = left;
            left = left.Next;
            message.Next = null;
            if (Cell.IsTerminated)
                message.AnswerForDead(Cell.Self, Cell.System);
            else
                Cell.InvokeSystem(message);
        }
    }

    private static SystemMessage? InOrder(SystemMessage? newest)
    {
        SystemMessage? oldest = null;
        while (newest is not null)
        {
            var next = newest.Next;
            newest.Next = oldest;
            oldest = newest;
            newest = next;
        }

        return oldest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Envelope Dequeue()
    {
        var envelope = _chain!;
        _chain = envelope.Next;
        // A processed link must not keep younger ones alive once it is in an older generation.
        envelope.Next = null;
        _consumed++;
        return envelope;
    }

    private bool TakeInbox()
    {
        var head = Volatile.Read(ref _inbox);
        if (ReferenceEquals(head, _lastTaken) || ReferenceEquals(head, ScheduledEmpty)) return false;
        Reverse(head);
        return true;
    }

    private void Reverse(Envelope? head)
    {
        if (head is null || ReferenceEquals(head, ScheduledEmpty)) return;
        Envelope? oldest = null;
        for (var link = head; link is not null && !ReferenceEquals(link, _lastTaken);)
        {
            var next = link.Next;
            link.Next = oldest;
            oldest = link;
            link = next;
        }

        _lastTaken = head;
        if (_chain is null)
        {
            _chain = oldest;
            return;
        }

        var last = _chain;
        while (last.Next is not null) last = last.Next;
        last.Next = oldest;
    }

    /// <summary>Leaves the mailbox idle, holding nothing; false when there is more to do in this turn.</summary>
    private bool TryGoIdle()
    {
        var mark = _lastTaken;
        _lastTaken = null;
        Cell.ForgetMessage();
        var expected = mark ?? ScheduledEmpty;
        if (Interlocked.CompareExchange(ref _inbox, null, expected) != expected)
        {
            _lastTaken = mark;
            return false;
        }

        // A signal posted while the turn still looked busy was not scheduled for; look again now that it is not.
        return Volatile.Read(ref _system) is null || !TryLeaveIdle();
    }

    private bool TryLeaveIdle() => Interlocked.CompareExchange(ref _inbox, ScheduledEmpty, null) is null;

    /// <summary>Ends the turn of a suspended actor: only a signal wakes it.</summary>
    private bool TryPark()
    {
        Interlocked.Exchange(ref _parked, 1);
        return Volatile.Read(ref _system) is null || !TryUnpark();
    }

    private bool TryUnpark() => Volatile.Read(ref _parked) == 1 && Interlocked.CompareExchange(ref _parked, 0, 1) == 1;
}
