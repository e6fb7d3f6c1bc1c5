using Cascade.Actors.Remoting.Associations;

namespace Cascade.Actors.Remoting;

internal sealed partial class Peer
{
    /// <summary>Carries out what the association wants; with the lock held. What has to be done without it is returned.</summary>
    private List<Action>? Apply()
    {
        if (_effects.Count == 0) return null;
        var after = new List<Action>();
        for (var i = 0; i < _effects.Count; i++) Apply(_effects[i], after);
        _effects.Clear();
        return after;
    }

    private void Apply(AssociationEffect effect, List<Action> after)
    {
        switch (effect)
        {
            case AssociationEffect.Dial:
                var dialed = new Link(_remote, this);
                _association.Attach(dialed);
                after.Add(() => _remote.Transport.Dial(Address.Host!, Address.Port!.Value, dialed));
                break;
            case AssociationEffect.Greet greet:
                var greeted = (Link)greet.Link;
                (greeted.IsSending, greeted.IsGreeting) = (true, true);
                var hello = Wire.Hello(greet.Hello);
                after.Add(() =>
                {
                    if (greeted.Connection!.Send(hello)) OnSent(greeted);
                });
                break;
            case AssociationEffect.Close close:
                after.Add(() => ((Link)close.Link).Close(close.Code, close.Reason));
                break;
            case AssociationEffect.Lost lost:
                OnLost(lost.Reason, after);
                break;
            case AssociationEffect.PeerEnded ended:
                EndWatches(after);
                after.Add(() => Note(ended.Reason));
                break;
            case AssociationEffect.Up:
                ResumeWatches(after);
                after.Add(() => _remote.TellConnected(Address));
                break;
            case AssociationEffect.Beat:
                Wire.Heartbeat(_queue.Front);
                break;
            case AssociationEffect.Note note:
                after.Add(() => Note(note.Text));
                break;
        }
    }

    private void OnLost(string reason, List<Action> after)
    {
        _flushScheduled = false;
        var unsent = _queue.Drain();
        var open = _remote.Asks.TakeAll(this);
        after.Add(() =>
        {
            foreach (var queued in unsent) Reject(queued, SendOutcome.Unreachable, reason);
            foreach (var promise in open) promise.Fail(new PeerUnreachableException($"The connection to {Name} was lost before the reply: {reason}."));
            _remote.TellLost(Address);
        });
    }
}
