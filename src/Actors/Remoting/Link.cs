using System.Text;
using Cascade.Actors.Remoting.Frames;
using Cascade.Actors.Remoting.Refs;

namespace Cascade.Actors.Remoting;

/// <summary>One connection: decodes what comes and hands it to its peer, which an accepted connection gets by its greeting.</summary>
internal sealed class Link : IRemoteConnectionHandler
{
    private const int RefsCached = 4_096;

    private readonly RemoteSystem _remote;
    private readonly FrameDecoder _decoder;
    private readonly Dictionary<byte[], LocalActorRef> _recipients = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], RemoteActorRef> _senders = new(BytesComparer.Instance);
    private Peer? _peer;
    private ulong _incarnation;
    private int _closed;

    public Link(RemoteSystem remote, Peer? peer, IRemoteConnection? connection = null)
    {
        (_remote, _peer, Connection) = (remote, peer, connection);
        _decoder = new FrameDecoder(remote.Settings.FrameBytesMax);
    }

    public IRemoteConnection? Connection { get; private set; }

    /// <summary>A batch or greeting is on its way. Guarded by the peer's lock, as the next.</summary>
    public bool IsSending { get; set; }

    /// <summary>What is on its way is the greeting.</summary>
    public bool IsGreeting { get; set; }

    /// <summary>When an accepted connection must have said who it is.</summary>
    public TimeSpan GreetingDeadline { get; init; }

    public void OnOpened(IRemoteConnection connection)
    {
        Connection = connection;
        _peer!.Step((association, now, effects) => association.OnOpened(this, now, effects));
        if (Volatile.Read(ref _closed) != 0) connection.Close();
    }

    public Memory<byte> GetReceiveBuffer() => _decoder.GetMemory();

    public void OnReceived(int count)
    {
        if (Volatile.Read(ref _closed) != 0) return;
        _decoder.Commit(count);
        var inUse = _peer?.OnReceived(this) == true;
        while (_decoder.TryRead(out var frame) is var result && result != DecodeResult.NeedsMore)
        {
            if (result == DecodeResult.Error || !Handle(frame, ref inUse))
            {
                Fail(_decoder.Error ?? $"an unexpected frame of kind {frame.Kind}");
                return;
            }
        }
    }

    public void OnSent() => _peer?.OnSent(this);

    public void OnClosed(string reason)
    {
        Volatile.Write(ref _closed, 1);
        _remote.Forget(this);
        _peer?.Step((association, now, effects) => association.OnClosed(this, reason, now, effects));
    }

    /// <summary>Ends the connection, telling the peer why.</summary>
    public void Close(ByeCode code, string reason)
    {
        Volatile.Write(ref _closed, 1);
        _remote.Forget(this);
        Connection?.Close(Wire.Bye(code, reason));
    }

    private void Fail(string reason)
    {
        if (_peer is null) _remote.Note(Connection?.Name ?? "?", $"closed before its greeting: {reason}");
        Close(ByeCode.Other, reason);
        OnClosed(reason);
    }

    private bool Handle(in Frame frame, ref bool inUse)
    {
        switch (frame.Kind)
        {
            case FrameKind.Hello:
                inUse = OnHello(frame.Hello!);
                return true;
            case FrameKind.Bye:
                var (code, text) = ((ByeCode)frame.Code, Encoding.UTF8.GetString(frame.Body[..Math.Min(frame.Body.Length, 2_048)]));
                if (_peer is null) Close(ByeCode.Other, "answering a farewell");
                _peer?.Step((association, now, effects) => association.OnBye(this, code, text, now, effects));
                inUse = false;
                return true;
            default:
                // After the connection was given up, what is left in the buffer no longer counts.
                if (inUse) HandleInUse(frame);
                return inUse || Volatile.Read(ref _closed) != 0;
        }
    }

    private void HandleInUse(in Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Message:
                OnMessage(frame);
                break;
            case FrameKind.Reject:
                _remote.Asks.Take(frame.Ask)?.Fail(WireCodec.ExceptionOf((FailureCode)frame.Code, frame.Body));
                break;
            case FrameKind.Watch:
                _peer!.OnWatch(frame.Recipient.Raw, FindLocal(frame.Recipient));
                break;
            case FrameKind.Unwatch:
                _peer!.OnUnwatch(frame.Recipient.Raw);
                break;
            case FrameKind.Terminated:
                _peer!.OnTerminated(frame.Recipient.Raw);
                break;
        }
    }

    private bool OnHello(Hello hello)
    {
        if (_peer is null)
        {
            _remote.Forget(this);
            if (!ActorPaths.TryParse(hello.Address, out var address, out _) || _remote.TryPeer(address) is not { } peer)
            {
                Fail($"the greeting of {hello.Address} is not taken");
                return false;
            }

            _peer = peer;
        }

        _incarnation = hello.Incarnation;
        _peer.Step((association, now, effects) => association.OnHello(this, hello, now, effects));
        return _peer.OnReceived(this);
    }

    private void OnMessage(in Frame frame)
    {
        _remote.CountMessage(frame.LengthBytes);
        var promise = frame.Recipient.Kind == RefKind.Ask ? _remote.Asks.Take(frame.Recipient.Ask) : null;
        // A reply that comes late finds no ask; it is dropped, as it is within one system.
        if (promise is null && frame.Recipient.Kind == RefKind.Ask) return;
        var recipient = promise ?? (IInternalActorRef?)FindLocal(frame.Recipient) ?? Missing(frame.Recipient);
        var sender = Sender(frame.Sender);
        if (_remote.Codec.TryRead(frame.Type, frame.Body, out var message))
        {
            recipient.Tell(message!, sender);
            return;
        }

        var type = frame.Type;
        promise?.Fail(new UncodedMessageException($"A reply of type {type} from {_peer!.Name} could not be read; both nodes need one table."));
        _remote.System.DeadLetterRef.Reject(
            new UnreadableMessage(type, frame.Body.Length), sender, recipient,
            (actor, _) => new UncodedMessageException($"A message of type {type} for {actor} could not be read; both nodes need one table."));
    }

    private LocalActorRef? FindLocal(in WireRef wire)
    {
        var cache = _recipients.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (cache.TryGetValue(wire.Raw, out var known) && !known.Mailbox.Cell.IsTerminated) return known;
        var found = ActorPaths.Find(_remote.System, Encoding.UTF8.GetString(wire.Path), wire.Uid);
        if (_recipients.Count >= RefsCached) _recipients.Clear();
        if (found is not null) cache[wire.Raw] = found;
        return found;
    }

    private MissingActorRef Missing(in WireRef wire) =>
        new(_remote.System, ActorPaths.Parse(_remote.Address, Encoding.UTF8.GetString(wire.Path), (int)wire.Uid));

    private IActorRef? Sender(in WireRef wire)
    {
        switch (wire.Kind)
        {
            case RefKind.Ask:
                return new RemoteAskRef(_peer!, _incarnation, wire.Ask);
            case RefKind.Path:
                var cache = _senders.GetAlternateLookup<ReadOnlySpan<byte>>();
                if (cache.TryGetValue(wire.Raw, out var known)) return known;
                if (_senders.Count >= RefsCached) _senders.Clear();
                return cache[wire.Raw] = new RemoteActorRef(_peer!, _incarnation, Encoding.UTF8.GetString(wire.Path), wire.Uid);
            case RefKind.ForeignPath or RefKind.ForeignAsk:
                return ForeignSender(wire);
            default:
                return null;
        }
    }

    private IActorRef? ForeignSender(in WireRef wire)
    {
        if (!ActorPaths.TryParse(Encoding.UTF8.GetString(wire.Address), out var address, out _)) return null;
        if (address == _remote.Address)
        {
            if (wire.Incarnation != 0 && wire.Incarnation != _remote.Incarnation) return null;
            return wire.Kind == RefKind.ForeignAsk ? _remote.Asks.Get(wire.Ask) : (IActorRef?)FindLocal(wire) ?? Missing(wire);
        }

        if (_remote.TryPeer(address) is not { } peer) return null;
        return wire.Kind == RefKind.ForeignAsk
            ? new RemoteAskRef(peer, wire.Incarnation, wire.Ask)
            : new RemoteActorRef(peer, wire.Incarnation, Encoding.UTF8.GetString(wire.Path), wire.Uid);
    }
}
