using Cascade.Actors.Remoting.Frames;

namespace Cascade.Actors.Remoting.Associations;

/// <remarks>
/// Which life of the peer is talked to. Connections tell it late or not at all, and the host, which knows it otherwise, may tell of a former life after the next one
/// is there: so each word of the host names the life that it is about.
/// </remarks>
internal sealed partial class Association
{
    /// <summary>The life that is not talked to; 0 for none.</summary>
    private ulong _downIncarnation;

    /// <summary>The life that is there, by its greeting or by the host's word; 0 while unknown.</summary>
    private ulong _upIncarnation;

    private ulong _latestLife;

    /// <summary>This node's own life, which its greetings tell.</summary>
    private ulong _incarnation;

    private bool _isStopped;

    private ulong Present => _peerIncarnation != 0 ? _peerIncarnation : _upIncarnation;

    /// <summary>Whether a life of the peer is known to have ended; 0 stands for whichever is there.</summary>
    public bool IsOver(ulong incarnation) =>
        incarnation != 0 && (incarnation == _downIncarnation || (Present != 0 && incarnation != Present));

    /// <summary>Whether a later life of the peer than this one was ever known; false for 0, which stands for any. Any thread may ask.</summary>
    public bool WasFollowed(ulong incarnation) => incarnation != 0 && Volatile.Read(ref _latestLife) > incarnation;

    /// <summary>A life of the peer is over, whatever it says itself.</summary>
    public void MarkDown(ulong incarnation, TimeSpan now, List<AssociationEffect> outbox)
    {
        if (_isStopped || (State == AssociationState.Down && _downIncarnation == incarnation)) return;
        // Of a life that was followed by another already only the greetings are left to be refused.
        var isPresent = Present == 0 || Present == incarnation;
        if (isPresent) EndLife("declared down", "declared down; restart to join again", now, outbox);
        if (isPresent) State = AssociationState.Down;
        _downIncarnation = incarnation;
    }

    /// <summary>A life of the peer is taken for dead, which may be wrong: what waits for it ends, and connections of it are still taken.</summary>
    public void MarkLost(ulong incarnation, TimeSpan now, List<AssociationEffect> outbox)
    {
        if (_isStopped || State == AssociationState.Down || (Present != 0 && Present != incarnation)) return;
        EndLife("taken for dead", "taken for dead", now, outbox);
    }

    /// <summary>A life of the peer is known to be there, so that it may be called at once.</summary>
    public void MarkUp(ulong incarnation, TimeSpan now, List<AssociationEffect> outbox)
    {
        var isLate = Present != 0 && incarnation < Present;
        if (_isStopped || isLate) return;
        if (Present != 0 && incarnation > Present)
        {
            var former = Present;
            EndLife("the peer was restarted", "another life of this node is known", now, outbox);
            _downIncarnation = former;
        }

        if (_downIncarnation == incarnation) _downIncarnation = 0;
        NoteLife(incarnation);
        _upIncarnation = incarnation;
        if (State == AssociationState.Down) (State, _failures) = (AssociationState.Idle, 0);
        if (_failures == 0 || State is not (AssociationState.Idle or AssociationState.Backoff)) return;
        // Watches may wait for it; and what is told from now on need not wait for the next attempt.
        _failures = 0;
        Dial(now, outbox);
    }

    /// <summary>This node goes on as a later life: who was greeted by the former one is greeted anew as soon as there is something to send.</summary>
    public void BeginLife(ulong incarnation, TimeSpan now, List<AssociationEffect> outbox)
    {
        _incarnation = incarnation;
        if (State is not (AssociationState.Handshaking or AssociationState.Established)) return;
        CloseLink(ByeCode.Other, "it goes on as a later life", outbox);
        Lose("this node goes on as a later life", now, outbox);
        (State, _failures) = (AssociationState.Idle, 0);
    }

    /// <summary>This node ends.</summary>
    public void Stop(TimeSpan now, List<AssociationEffect> outbox)
    {
        CloseLink(ByeCode.Shutdown, "the node ends", outbox);
        Lose("this node ends", now, outbox);
        (State, _isStopped) = (AssociationState.Down, true);
    }

    private void NoteLife(ulong incarnation)
    {
        if (incarnation > _latestLife) Volatile.Write(ref _latestLife, incarnation);
    }

    private void EndLife(string reason, string farewell, TimeSpan now, List<AssociationEffect> outbox)
    {
        CloseLink(ByeCode.Down, farewell, outbox);
        EndPresent(reason, now, outbox);
    }

    private void EndPresent(string reason, TimeSpan now, List<AssociationEffect> outbox)
    {
        Lose(reason, now, outbox);
        (_peerIncarnation, _upIncarnation) = (0, 0);
        outbox.Add(new AssociationEffect.PeerEnded(reason));
    }
}
