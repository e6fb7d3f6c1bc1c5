using System.Globalization;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;

namespace Cascade.Core.Remote;

/// <summary>Decides which blocks are brought into this node's memory, and when: for owners that promote, and for writers that replicate.</summary>
/// <remarks>
/// Requests for one block share one transfer. Those beyond the bounds wait in the order of coming until their deadline, so that a large block is not starved.
/// Not thread-safe: it belongs to the remote tier's actor.
/// </remarks>
public sealed class CopyBringerCore
{
    private readonly TierAddress _memory;
    private readonly ILendableCopies _copies;
    private readonly CopyBringerSettings _settings;
    private readonly Dictionary<BlockId, Transfer> _open = [];
    private readonly LinkedList<Transfer> _waiting = [];
    private readonly List<Transfer> _running = [];
    private int _requests;
    private long _runningBytes;

    /// <summary>Starts with nothing to do.</summary>
    /// <param name="self">This node.</param>
    /// <param name="copies">What is in its memory.</param>
    /// <param name="settings">Bounds.</param>
    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public CopyBringerCore(NodeId self, ILendableCopies copies, CopyBringerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(copies);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate();
        (_memory, _copies, _settings) = (new TierAddress(self, TierKind.Shm), copies, settings);
    }

    /// <summary>Transfers under way.</summary>
    public int TransfersUnderWay => _running.Count;

    /// <summary>Requests that wait.</summary>
    public int WaitingRequests => _requests;

    /// <summary>Takes one message in.</summary>
    /// <returns>False when the message is none of this core's.</returns>
    public bool Handle(TimeSpan now, object sender, object message, Outbox outbox)
    {
        switch (message)
        {
            case Replicate m:
                Want(now, m.Id, m.Source, new Request(sender, m.Binding, Deadline.After(now, m.Timeout), OwnerLease: null, m.OnlySpareRoom), outbox);
                break;
            case Pull m:
                Want(now, m.Id, m.Source, new Request(Sender: null, m.Binding, Deadline.After(now, m.LeaseFor), m.Lease, OnlySpareRoom: false), outbox);
                break;
            case CopyBrought m: OnBrought(now, m, outbox); break;
            default: return false;
        }

        return true;
    }

    /// <summary>Answers requests whose time is over.</summary>
    public void Tick(TimeSpan now, Outbox outbox)
    {
        for (var node = _waiting.First; node is not null;)
        {
            var (transfer, next) = (node.Value, node.Next);
            Expire(now, transfer, outbox);
            if (transfer.Requests.Count == 0)
            {
                _waiting.Remove(node);
                _open.Remove(transfer.Id);
            }

            node = next;
        }

        foreach (var transfer in _running)
            Expire(now, transfer, outbox);
        StartNext(now, outbox);
    }

    private void Want(TimeSpan now, BlockId id, in CopyLocation source, Request request, Outbox outbox)
    {
        if (_copies.TryFind(id, out var copy))
        {
            outbox.Send(Destination.Owners, new AddCopy(id, copy));
            Finish(id, request, copy, named: default, outbox);
            return;
        }

        if (_requests >= _settings.RequestsMax)
        {
            Answer(id, request, new Busy(string.Create(CultureInfo.InvariantCulture, $"{_requests} requests for blocks of other nodes wait already.")), outbox);
            return;
        }

        if (!_open.TryGetValue(id, out var transfer))
        {
            transfer = new Transfer(id, source);
            _open.Add(id, transfer);
            _waiting.AddLast(transfer);
        }

        transfer.Requests.Add(request);
        _requests++;
        StartNext(now, outbox);
        Expire(now, transfer, outbox);
    }

    private void StartNext(TimeSpan now, Outbox outbox)
    {
        while (_waiting.First?.Value is { } next && HasPlaceFor(next))
        {
            _waiting.RemoveFirst();
            var (deadline, binding) = (now, default(KeyBinding));
            foreach (var request in next.Requests)
            {
                deadline = request.Deadline > deadline ? request.Deadline : deadline;
                binding = binding.Key.IsZero ? request.Binding : binding;
            }

            if (deadline <= now)
            {
                _open.Remove(next.Id);
                Expire(now, next, outbox);
                continue;
            }

            _running.Add(next);
            _runningBytes += next.Source.LengthBytes;

            // A copy out of this node's own files comes under the keys that those know.
            next.Named = next.Source.Node == _memory.Node ? default : binding;
            next.IsExtra = next.Requests.TrueForAll(static request => request.OwnerLease is not null);
            next.OnlySpareRoom = next.Requests.TrueForAll(static request => request.OnlySpareRoom);
            outbox.Send(RemotePort.Mover, new BringCopy(next.Id, next.Source, binding, deadline - now, next.OnlySpareRoom, next.IsExtra));
        }
    }

    private bool HasPlaceFor(Transfer next) =>
        _running.Count == 0 || (_running.Count < _settings.TransfersMax && _runningBytes + next.Source.LengthBytes <= _settings.BytesMax);

    private void OnBrought(TimeSpan now, CopyBrought message, Outbox outbox)
    {
        var at = _running.FindIndex(running => running.Id == message.Id);
        if (at < 0)
            return;
        var transfer = _running[at];
        _running.RemoveAt(at);
        _open.Remove(transfer.Id);
        _runningBytes -= transfer.Source.LengthBytes;
        _requests -= transfer.Requests.Count;
        if (message.Outcome == BringOutcome.Gone)
            outbox.Send(Destination.Owners, new RemoveCopy(transfer.Id, transfer.Source));
        foreach (var request in transfer.Requests)
        {
            if (message.Outcome == BringOutcome.Done)
                Finish(transfer.Id, request, message.Copy, request.OwnerLease is null && transfer.IsExtra ? default : transfer.Named, outbox);
            else if (message.Outcome == BringOutcome.Busy && transfer.OnlySpareRoom && !request.OnlySpareRoom)
                Want(now, transfer.Id, transfer.Source, request, outbox);
            else
                Answer(transfer.Id, request, OutcomeOf(message), outbox);
        }

        StartNext(now, outbox);
    }

    private static object OutcomeOf(CopyBrought message) => message.Outcome switch
    {
        BringOutcome.Gone => NotFound.Instance,
        BringOutcome.Busy => new Busy(message.Reason ?? "The transfer was not done in time."),
        _ => new Unavailable(message.Reason ?? "The transfer failed."),
    };

    /// <summary>The copy is here: the request's key is to name it, unless it does already.</summary>
    private void Finish(BlockId id, Request request, in CopyLocation copy, in KeyBinding named, Outbox outbox)
    {
        // What an owner asked for was read by a key that may have been deleted since: a reader here finds the copy by the index.
        if (request.OwnerLease is null && !request.Binding.Key.IsZero && request.Binding != named)
            outbox.Send(_memory, new BindAlias(id, request.Binding));
        Answer(id, request, new Replicated(id, copy), outbox);
    }

    /// <summary>Ends a request with an answer; what the owner asked for is answered by giving its lease back.</summary>
    private static void Answer(BlockId id, Request request, object answer, Outbox outbox)
    {
        if (request.OwnerLease is { } lease)
            outbox.Send(Destination.Owners, new Release(id, lease));
        else
            outbox.Send(request.Sender!, answer);
    }

    private void Expire(TimeSpan now, Transfer transfer, Outbox outbox)
    {
        _requests -= transfer.Requests.RemoveAll(request =>
        {
            if (request.Deadline > now)
                return false;
            Answer(transfer.Id, request, new Busy("The block was not brought here in time."), outbox);
            return true;
        });
    }

    /// <summary>Who wants the block here: a writer that waits for the answer, or an owner that lent a lease.</summary>
    private sealed record Request(object? Sender, KeyBinding Binding, TimeSpan Deadline, ulong? OwnerLease, bool OnlySpareRoom);

    private sealed class Transfer(BlockId id, in CopyLocation source)
    {
        public BlockId Id { get; } = id;

        public CopyLocation Source { get; } = source;

        public List<Request> Requests { get; } = [];

        /// <summary>The key that the copy is published by.</summary>
        public KeyBinding Named { get; set; }

        /// <summary>Only owners wanted the block when it was asked for.</summary>
        public bool IsExtra { get; set; }

        /// <summary>Nobody who wanted the block as it was asked for would have others given up for it.</summary>
        public bool OnlySpareRoom { get; set; }
    }
}
