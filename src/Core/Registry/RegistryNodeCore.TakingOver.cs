using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ports;

namespace Cascade.Core.Registry;

/// <remarks>Becoming the registry, and leaving off.</remarks>
public sealed partial class RegistryNodeCore
{
    private readonly List<Asked> _asked = [];
    private readonly Queue<(object Sender, IRegistryMessage Request)> _held = [];

    private void BeginTakeOver(TimeSpan now, Outbox outbox)
    {
        (_role, _roleUntil) = (Role.TakingOver, After(now, _settings.TakeOverWait));
        UpdateTakeOver(now, [.. _others.Select(static member => member.Life)], outbox);
    }

    private void UpdateTakeOver(TimeSpan now, List<NodeLife> arrived, Outbox outbox)
    {
        var present = _others.Select(static member => member.Life).ToHashSet();
        _asked.RemoveAll(asked => !present.Contains(asked.Life));
        foreach (var life in arrived)
        {
            var asked = new Asked(life);
            _asked.Add(asked);
            Ask(now, asked, outbox);
        }
        if (_asked.Count == 0)
            FinishTakeOver(now, outbox);
    }

    private void Ask(TimeSpan now, Asked asked, Outbox outbox)
    {
        (asked.Round, asked.Next, asked.RepeatAt) = (++_number, 0, After(now, _settings.RepeatEvery));
        outbox.Send(asked.Life.Node, new RegistryQuery(_life!.Value, asked.Round, IsTakeOver: true, State.Keys, State.Digest));
    }

    /// <summary>Parts come in order unless some are lost; then those after it do not count, and all are asked for again.</summary>
    private void OnAnswer(TimeSpan now, RegistryStatePart part, Outbox outbox)
    {
        var asked = _asked.Find(one => one.Round == part.Round && one.Life == part.From);
        if (asked is null || asked.Next != part.Index)
            return;
        asked.Next++;
        asked.RepeatAt = After(now, _settings.RepeatEvery);
        if (asked.Next < part.Count)
            return;
        _asked.Remove(asked);
        if (_asked.Count == 0)
            FinishTakeOver(now, outbox);
    }

    private void TickTakeOver(TimeSpan now, Outbox outbox)
    {
        if (now >= _roleUntil)
        {
            FinishTakeOver(now, outbox);
            return;
        }
        foreach (var asked in _asked)
        {
            if (now >= asked.RepeatAt)
                Ask(now, asked, outbox);
        }
    }

    private void FinishTakeOver(TimeSpan now, Outbox outbox)
    {
        _asked.Clear();
        (_role, _hasNews) = (Role.Serving, false);
        _reconcileAt = After(now, _settings.ReconcileEvery);
        Compare(_others.Select(static member => member.Life), outbox);
        while (_held.TryDequeue(out var held))
            Serve(now, held.Sender, held.Request, outbox);
    }

    /// <summary>
    /// Another node claims to be the registry, by a view that is newer or older than this node's. What it was answered is all that it will know: what this one took
    /// in afterwards might be known to no node that it asks. So this one serves nothing until its view says that it is a replica, or the other had the time
    /// to learn that it is none; then it takes over in turn.
    /// </summary>
    private void YieldTo(TimeSpan now)
    {
        if (_role != Role.Serving)
            return;
        (_role, _roleUntil) = (Role.Yielding, After(now, _settings.TakeOverWait));
    }

    private void StepDown(Outbox outbox)
    {
        _role = Role.Replica;
        _asked.Clear();
        while (_held.TryDequeue(out var held))
            outbox.Send(held.Sender, Moved.Instance);
    }

    /// <summary>A node whose state is on its way.</summary>
    private sealed class Asked(NodeLife life)
    {
        public NodeLife Life => life;

        public ulong Round { get; set; }

        public int Next { get; set; }

        public TimeSpan RepeatAt { get; set; }
    }
}
