using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Core.Registry;

/// <remarks>Requests, and the replicas that have to know before they are acknowledged.</remarks>
public sealed partial class RegistryNodeCore
{
    private readonly List<Change> _changes = [];

    private void OnRequest(TimeSpan now, object sender, IRegistryMessage request, Outbox outbox)
    {
        if (_role == Role.Serving)
            Serve(now, sender, request, outbox);
        else if (_role == Role.TakingOver && _held.Count < _settings.MaxHeld)
            _held.Enqueue((sender, request));
        else
            outbox.Send(sender, Moved.Instance);
    }

    private void Serve(TimeSpan now, object sender, IRegistryMessage request, Outbox outbox)
    {
        if (_changes.Count >= _settings.MaxChanges)
        {
            outbox.Send(sender, new Busy("Too many changes of registrations wait for other nodes: try again later."));
            return;
        }
        var reply = _registry.Handle(now, request, outbox);
        if (reply is not Registered || _others.Length == 0 || _life is not { } life)
        {
            outbox.Send(sender, reply);
            return;
        }

        // Sent when nothing changed, too: who repeats a request may do so because the replicas did not get it, or be served by another registry than before.
        var entry = _registry.State.TryGet(request.Key, out var held) ? held : RegistryEntry.Removed(request.Key, ((Unregister)request).Stamp);
        var part = new RegistryPart(life, ++_number, [entry]);
        foreach (var other in _others)
            outbox.Send(other.Node, part);
        var change = new Change(sender, reply, part, After(now, _settings.ReplicaWait))
        {
            Awaited = [.. _others.Select(static member => member.Life).Where(_trusted.Contains)],
            RepeatAt = After(now, _settings.RepeatEvery),
        };
        _changes.Add(change);
        SettleIfTaken(change, outbox);
    }

    private void OnPart(TimeSpan now, object sender, RegistryPart part, Outbox outbox)
    {
        Take(now, part.Entries, outbox);
        if (_life is { } life)
            outbox.Send(sender, new RegistryTaken(life, part.Number));
    }

    private void OnTaken(RegistryTaken taken, Outbox outbox)
    {
        var change = _changes.Find(one => one.Part.Number == taken.Number);
        if (change?.Awaited.Remove(taken.From) == true)
            SettleIfTaken(change, outbox);
    }

    private void SettleIfTaken(Change change, Outbox outbox)
    {
        if (change.Awaited.Count > 0)
            return;
        _changes.Remove(change);
        outbox.Send(change.Asker, change.Reply);
    }

    /// <summary>Nodes that came, or are no longer suspect, are waited for, too; those that went or are suspect now are not.</summary>
    private void UpdateChanges(List<NodeLife> regained, Outbox outbox)
    {
        foreach (var change in _changes.ToArray())
        {
            change.Awaited.RemoveAll(life => !_trusted.Contains(life));
            foreach (var life in regained)
            {
                change.Awaited.Add(life);
                outbox.Send(life.Node, change.Part);
            }
            SettleIfTaken(change, outbox);
        }
    }

    private void TickChanges(TimeSpan now, Outbox outbox)
    {
        foreach (var change in _changes.ToArray())
        {
            if (now >= change.Deadline)
            {
                // Whoever is the registry now need not be among those that took it.
                _changes.Remove(change);
                outbox.Send(change.Asker, _role == Role.Replica ? Moved.Instance : change.Reply);
            }
            else if (now >= change.RepeatAt)
            {
                change.RepeatAt = After(now, _settings.RepeatEvery);
                foreach (var life in change.Awaited)
                    outbox.Send(life.Node, change.Part);
            }
        }
    }

    /// <summary>A change that is in this node's state, and not yet in all replicas.</summary>
    private sealed class Change(object asker, object reply, RegistryPart part, TimeSpan deadline)
    {
        public object Asker => asker;

        public object Reply => reply;

        public RegistryPart Part => part;

        public TimeSpan Deadline => deadline;

        public required List<NodeLife> Awaited { get; init; }

        public required TimeSpan RepeatAt { get; set; }

        public TimeSpan NextDeadline => Earlier(Deadline, RepeatAt);
    }
}
