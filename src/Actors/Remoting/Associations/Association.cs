using System.Globalization;
using Cascade.Actors.Remoting.Frames;
using Cascade.Actors.Simulation;

namespace Cascade.Actors.Remoting.Associations;

/// <summary>
/// One peer: when to connect, which of several connections to keep, whether the peer is alive and which life it lives. Pure: it is told what
/// happens and when, and says what to do. Links are names to it. Not thread-safe.
/// </summary>
/// <remarks>
/// One connection serves both directions. When both sides dial at once, the one that the node with the lesser address dialed is kept. A
/// greeting says which connection its sender knows last, so that a peer that lost our connection before we noticed is told from one that dialed
/// before it knew of it.
/// </remarks>
internal sealed partial class Association
{
    private readonly string _self;
    private readonly RemoteSettings _settings;
    private readonly SplitMix64 _jitter;
    private object? _link;
    private ulong _peerIncarnation;
    private ulong _connection;
    private ulong _lastConnection;
    private ulong _dials;
    private int _failures;
    private TimeSpan _deadline;
    private TimeSpan _unreachableSince;
    private TimeSpan _lastReceived;
    private TimeSpan _lastSent;

    /// <param name="self">This node's address.</param>
    /// <param name="peer">The peer's address.</param>
    /// <param name="incarnation">This node's life.</param>
    /// <param name="settings">Times and bounds.</param>
    public Association(string self, string peer, ulong incarnation, RemoteSettings settings)
    {
        (_self, Peer, _incarnation, _settings) = (self, peer, incarnation, settings);
        _jitter = new SplitMix64(incarnation ^ (ulong)peer.Length);
    }

    public string Peer { get; }

    public AssociationState State { get; private set; }

    /// <summary>The peer's life as last greeted; 0 while unknown.</summary>
    public ulong PeerIncarnation => _peerIncarnation;

    /// <summary>The connection in use or in the making.</summary>
    public object? Link => _link;

    /// <summary>Whether messages may be queued now.</summary>
    public bool CanQueue => State is AssociationState.Dialing or AssociationState.Handshaking or AssociationState.Established;

    /// <summary>Something is to be sent.</summary>
    public void Want(TimeSpan now, List<AssociationEffect> outbox)
    {
        if (State == AssociationState.Idle) Dial(now, outbox);
    }

    /// <summary>Names the connection that the last <see cref="AssociationEffect.Dial"/> began.</summary>
    public void Attach(object link) => _link = link;

    public void OnOpened(object link, TimeSpan now, List<AssociationEffect> outbox)
    {
        if (link != _link || State != AssociationState.Dialing)
        {
            outbox.Add(new AssociationEffect.Close(link, ByeCode.Duplicate, "another connection is in use"));
            return;
        }

        State = AssociationState.Handshaking;
        _deadline = now + _settings.HandshakeTimeout;
        // The lowest bit tells the two sides' numbers apart.
        _connection = (++_dials << 1) | (IsLesser ? 1UL : 0UL);
        outbox.Add(new AssociationEffect.Greet(link, Greeting(isAnswer: false, _connection)));
    }

    public void OnClosed(object link, string reason, TimeSpan now, List<AssociationEffect> outbox)
    {
        if (link == _link) Lose(reason, now, outbox);
    }

    /// <summary>The peer said why it closes.</summary>
    public void OnBye(object link, ByeCode code, string reason, TimeSpan now, List<AssociationEffect> outbox)
    {
        if (link != _link) return;
        if (code == ByeCode.Duplicate && State == AssociationState.Handshaking)
        {
            // The peer's own connection is on its way; what is queued waits for it until the deadline.
            _link = null;
            return;
        }

        Lose($"the peer closed: {reason}", now, outbox);
        outbox.Add(new AssociationEffect.Close(link, ByeCode.Other, "answering a farewell"));
    }

    /// <summary>A greeting came: the answer to ours, or the first word of a connection that the peer dialed.</summary>
    public void OnHello(object link, Hello hello, TimeSpan now, List<AssociationEffect> outbox)
    {
        if (Refusal(link, hello) is { } refusal)
        {
            outbox.Add(new AssociationEffect.Note($"greeting refused: {refusal.Reason}"));
            outbox.Add(new AssociationEffect.Close(link, refusal.Code, refusal.Reason));
            if (link == _link) Lose($"greeting refused: {refusal.Reason}", now, outbox);
            return;
        }

        if (link == _link)
        {
            Establish(link, hello, now, outbox);
            return;
        }

        if (IsDuplicate(hello))
        {
            outbox.Add(new AssociationEffect.Close(link, ByeCode.Duplicate, "another connection is in use"));
            return;
        }

        if (State == AssociationState.Established) Lose("the peer connected anew", now, outbox);
        else if (_link is { } dialed) outbox.Add(new AssociationEffect.Close(dialed, ByeCode.Duplicate, "the peer's connection is used"));
        _link = link;
        _connection = hello.Connection;
        outbox.Add(new AssociationEffect.Greet(link, Greeting(isAnswer: true, hello.Connection)));
        Establish(link, hello, now, outbox);
    }

    /// <summary>Bytes came over the link in use.</summary>
    public void OnReceived(TimeSpan now) => _lastReceived = now;

    /// <summary>Bytes went out.</summary>
    public void OnSent(TimeSpan now) => _lastSent = now;

    /// <summary>Looks at the deadlines.</summary>
    public void Tick(TimeSpan now, List<AssociationEffect> outbox)
    {
        switch (State)
        {
            case AssociationState.Dialing or AssociationState.Handshaking when now >= _deadline:
                CloseLink(ByeCode.Other, "no greeting in time", outbox);
                Lose(State == AssociationState.Dialing ? "no connection in time" : "no greeting in time", now, outbox);
                break;
            case AssociationState.Established when now - _lastReceived >= _settings.SilenceMax:
                CloseLink(ByeCode.Other, "silence", outbox);
                Lose(string.Create(CultureInfo.InvariantCulture, $"nothing came for {_settings.SilenceMax.TotalSeconds} s"), now, outbox);
                break;
            case AssociationState.Established when now - _lastSent >= _settings.HeartbeatInterval:
                _lastSent = now;
                outbox.Add(new AssociationEffect.Beat());
                break;
            case AssociationState.Backoff when now - _unreachableSince >= _settings.GiveUpAfter:
                State = AssociationState.Idle;
                outbox.Add(new AssociationEffect.Note("is not called any more until a message for it comes"));
                break;
            case AssociationState.Backoff when now >= _deadline:
                Dial(now, outbox);
                break;
        }
    }

    /// <summary>Gives the connection up, to be made anew.</summary>
    public void Break(string reason, TimeSpan now, List<AssociationEffect> outbox)
    {
        CloseLink(ByeCode.Other, reason, outbox);
        Lose(reason, now, outbox);
    }
}
