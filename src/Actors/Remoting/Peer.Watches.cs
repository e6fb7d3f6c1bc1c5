using Cascade.Actors.Remoting.Associations;
using Cascade.Actors.Remoting.Frames;
using Cascade.Actors.Remoting.Refs;

namespace Cascade.Actors.Remoting;

/// <remarks>
/// Nodes watch, not actors: however many actors watch one remote actor, one Watch goes over the wire and one Terminated comes back. The watching side
/// repeats its watches on every new connection, and the watched side its news until they are acknowledged by Unwatch, so that a lost
/// connection loses no end of an actor.
/// </remarks>
internal sealed partial class Peer
{
    private readonly Dictionary<byte[], Outgoing> _watching = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], Incoming> _watched = new(BytesComparer.Instance);

    public void Watch(RemoteActorRef subject, IInternalActorRef watcher)
    {
        var (isOver, isTooMany) = (false, false);
        Step((association, now, effects) =>
        {
            isOver = association.State == AssociationState.Down || IsOfOtherLife(subject);
            if (isOver) return;
            if (!_watching.TryGetValue(subject.Wire, out var outgoing))
            {
                isTooMany = _watching.Count >= _remote.Settings.WatchesMax;
                if (isTooMany) return;
                _watching.Add(subject.Wire, outgoing = new Outgoing());
                SendWatch(subject.Wire, outgoing);
            }

            if (!outgoing.Watchers.Contains((subject, watcher))) outgoing.Watchers.Add((subject, watcher));
            association.Want(now, effects);
        });
        // To say that it has ended would be a lie that the watcher acts upon.
        if (isTooMany) throw new InvalidOperationException($"{_remote.Settings.WatchesMax} actors of {Name} are watched, the most allowed: unwatch one first.");
        if (isOver) watcher.SendSystemMessage(new DeathWatchNotification(subject));
    }

    public void Unwatch(RemoteActorRef subject, IInternalActorRef watcher) => Step((association, _, _) =>
    {
        if (!_watching.TryGetValue(subject.Wire, out var outgoing) || !outgoing.Watchers.Remove((subject, watcher)) || outgoing.Watchers.Count > 0) return;
        _watching.Remove(subject.Wire);
        if (association.State == AssociationState.Established) Wire.OfActor(_queue.Front, FrameKind.Unwatch, subject.Wire);
    });

    /// <summary>The peer wants to know when a local actor stops.</summary>
    public void OnWatch(ReadOnlySpan<byte> wire, LocalActorRef? subject)
    {
        var key = wire.ToArray();
        Incoming? added = null;
        var isTooMany = false;
        Step((_, _, _) =>
        {
            // One that has ended was told of over this connection already; saying it twice could meet a younger watch.
            if (_watched.ContainsKey(key)) return;
            if (subject is null)
            {
                Wire.OfActor(_queue.Front, FrameKind.Terminated, key);
            }
            else if (_watched.Count >= _remote.Settings.WatchesMax)
            {
                isTooMany = true;
            }
            else
            {
                _watched.Add(key, added = new Incoming(this, key, subject));
            }
        });
        if (isTooMany) Note($"watches {_remote.Settings.WatchesMax} actors here, the most allowed: it is not told when {subject} stops");
        if (added is not null) subject!.SendSystemMessage(new Watch(added));
    }

    /// <summary>The peer no longer wants to know, or has taken note.</summary>
    public void OnUnwatch(ReadOnlySpan<byte> wire)
    {
        var key = wire.ToArray();
        Incoming? removed = null;
        Step((_, _, _) => _watched.Remove(key, out removed));
        removed?.Subject.SendSystemMessage(new Unwatch(removed));
    }

    /// <summary>The peer says that an actor stopped, which is watched or was.</summary>
    public void OnTerminated(ReadOnlySpan<byte> wire)
    {
        var key = wire.ToArray();
        Outgoing? ended = null;
        Step((_, _, _) =>
        {
            _watching.Remove(key, out ended);
            Wire.OfActor(_queue.Front, FrameKind.Unwatch, key);
        });
        if (ended is null) return;
        foreach (var (subject, watcher) in ended.Watchers) watcher.SendSystemMessage(new DeathWatchNotification(subject));
    }

    private void OnLocalEnd(Incoming incoming) => Step((association, _, _) =>
    {
        if (!_watched.TryGetValue(incoming.Key, out var present) || present != incoming) return;
        incoming.HasEnded = true;
        if (association.State == AssociationState.Established) Wire.OfActor(_queue.Front, FrameKind.Terminated, incoming.Key);
    });

    private void SendWatch(byte[] wire, Outgoing outgoing)
    {
        if (_association.State != AssociationState.Established) return;
        outgoing.SentTo = _association.PeerIncarnation;
        Wire.OfActor(_queue.Front, FrameKind.Watch, wire);
    }

    private void ResumeWatches(List<Action> after)
    {
        foreach (var (wire, outgoing) in _watching)
        {
            // A ref to a former life that was watched while the present one was not known yet.
            foreach (var (subject, watcher) in outgoing.Watchers.FindAll(entry => IsOfOtherLife(entry.Subject)))
            {
                outgoing.Watchers.Remove((subject, watcher));
                after.Add(() => watcher.SendSystemMessage(new DeathWatchNotification(subject)));
            }

            if (outgoing.Watchers.Count == 0) _watching.Remove(wire);
            else SendWatch(wire, outgoing);
        }

        foreach (var (wire, incoming) in _watched)
        {
            if (incoming.HasEnded) Wire.OfActor(_queue.Front, FrameKind.Terminated, wire);
        }
    }

    /// <summary>A life of the peer is over: what was watched there has ended, and nobody there watches any more.</summary>
    private void EndWatches(List<Action> after)
    {
        foreach (var (wire, outgoing) in _watching)
        {
            // One that was never sent waits for the life to come, unless the peer is not to be called again.
            if (outgoing.SentTo == 0 && _association.State != AssociationState.Down) continue;
            _watching.Remove(wire);
            foreach (var (subject, watcher) in outgoing.Watchers)
                after.Add(() => watcher.SendSystemMessage(new DeathWatchNotification(subject)));
        }

        foreach (var incoming in _watched.Values) after.Add(() => incoming.Subject.SendSystemMessage(new Unwatch(incoming)));
        _watched.Clear();
    }

    /// <summary>A remote actor that local ones watch.</summary>
    private sealed class Outgoing
    {
        public List<(RemoteActorRef Subject, IInternalActorRef Watcher)> Watchers { get; } = [];

        /// <summary>The life of the peer that was told; 0 for none yet.</summary>
        public ulong SentTo { get; set; }
    }

    /// <summary>The peer as the watcher of a local actor.</summary>
    private sealed class Incoming(Peer peer, byte[] key, LocalActorRef subject) : IInternalActorRef
    {
        public byte[] Key => key;

        public LocalActorRef Subject => subject;

        public bool HasEnded { get; set; }

        public ActorSystem System => peer.System;

        public ActorPath Path => ActorPaths.Parse(peer.Address, "/system/watcher", 0);

        public void Tell(object message, IActorRef? sender) => System.DeadLetterRef.Tell(message, sender);

        public void SendSystemMessage(SystemMessage message)
        {
            if (message is DeathWatchNotification) peer.OnLocalEnd(this);
        }
    }
}
