using System.Globalization;
using Cascade.Actors.Remoting.Frames;

namespace Cascade.Actors.Remoting.Associations;

internal sealed partial class Association
{
    private bool IsLesser => string.CompareOrdinal(_self, Peer) < 0;

    private void Dial(TimeSpan now, List<AssociationEffect> outbox)
    {
        State = AssociationState.Dialing;
        _deadline = now + _settings.ConnectTimeout;
        outbox.Add(new AssociationEffect.Dial());
    }

    private Hello Greeting(bool isAnswer, ulong connection) =>
        new(isAnswer, _settings.ClusterName, _self, _incarnation, connection, _lastConnection);

    private (ByeCode Code, string Reason)? Refusal(object link, Hello hello)
    {
        if (hello.Cluster != _settings.ClusterName) return (ByeCode.Other, $"cluster '{hello.Cluster}', not '{_settings.ClusterName}'");
        if (hello.Address != Peer) return (ByeCode.Other, $"this is {hello.Address}, not {Peer}");
        if (hello.Address == _self) return (ByeCode.Other, "it has this node's own address");
        if (_downIncarnation != 0 && hello.Incarnation == _downIncarnation) return (ByeCode.Down, "declared down; restart to join again");
        if (link != _link) return hello.IsAnswer ? (ByeCode.Other, "an answer to no greeting") : null;
        if (State != AssociationState.Handshaking || !hello.IsAnswer || hello.Connection != _connection)
            return (ByeCode.Other, "a greeting out of turn");
        return null;
    }

    /// <summary>Whether a connection that the peer dialed gives way to the one we have.</summary>
    private bool IsDuplicate(Hello hello)
    {
        var sameLife = _peerIncarnation == 0 || _peerIncarnation == hello.Incarnation;
        return State switch
        {
            AssociationState.Established => sameLife && hello.LastConnection != _connection,
            AssociationState.Dialing or AssociationState.Handshaking => IsLesser && _link is not null,
            _ => false,
        };
    }

    private void Establish(object link, Hello hello, TimeSpan now, List<AssociationEffect> outbox)
    {
        // What was told to the former life while it was being dialed is not for this one.
        if (Present != 0 && Present != hello.Incarnation)
            outbox.Add(new AssociationEffect.Lost("the peer was restarted"));
        if (_peerIncarnation != 0 && _peerIncarnation != hello.Incarnation)
            outbox.Add(new AssociationEffect.PeerEnded("the peer was restarted"));
        NoteLife(hello.Incarnation);
        (_peerIncarnation, _upIncarnation) = (hello.Incarnation, hello.Incarnation);
        (State, _failures, _lastConnection) = (AssociationState.Established, 0, _connection);
        (_lastReceived, _lastSent, _unreachableSince) = (now, now, TimeSpan.Zero);
        outbox.Add(new AssociationEffect.Note(string.Create(CultureInfo.InvariantCulture, $"connected, incarnation {hello.Incarnation}")));
        outbox.Add(new AssociationEffect.Up(link));
    }

    private void CloseLink(ByeCode code, string reason, List<AssociationEffect> outbox)
    {
        if (_link is { } link) outbox.Add(new AssociationEffect.Close(link, code, reason));
    }

    private void Lose(string reason, TimeSpan now, List<AssociationEffect> outbox)
    {
        if (!CanQueue) return;
        if (_failures == 0) _unreachableSince = now;
        // The first failure is told, and then each that has a new wait; a node that is gone does not fill the log.
        var wait = Wait();
        if (State == AssociationState.Established || wait < _settings.BackoffMax) outbox.Add(new AssociationEffect.Note($"not connected: {reason}"));
        _failures++;
        _link = null;
        State = AssociationState.Backoff;
        _deadline = now + wait * (0.75 + (0.5 * _jitter.NextDouble()));
        outbox.Add(new AssociationEffect.Lost(reason));
    }

    private TimeSpan Wait()
    {
        // Twenty doublings are a million; the cap is reached long before.
        var wait = _settings.BackoffMin * (1 << Math.Min(_failures, 20));
        return wait < _settings.BackoffMax ? wait : _settings.BackoffMax;
    }
}
