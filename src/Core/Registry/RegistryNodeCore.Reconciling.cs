using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Wire;

namespace Cascade.Core.Registry;

/// <remarks>Comparing states, and exchanging those that differ.</remarks>
public sealed partial class RegistryNodeCore
{
    private TimeSpan _reconcileAt;
    private NodeId _reconciled;
    private bool _hasNews;

    /// <summary>Sends the digest to one other node, the next in the order of their numbers.</summary>
    private void ReconcileNext(TimeSpan now, Outbox outbox)
    {
        _reconcileAt = After(now, _settings.ReconcileEvery);
        if (_others.Length == 0)
            return;
        var next = Array.Find(_others, member => member.Node > _reconciled) ?? _others[0];
        _reconciled = next.Node;
        Compare([next.Life], outbox);
    }

    private void Compare(IEnumerable<NodeLife> others, Outbox outbox)
    {
        if (_life is not { } life)
            return;
        var digest = new RegistryDigest(life, State.Keys, State.Digest);
        foreach (var other in others)
            outbox.Send(other.Node, digest);
    }

    private void OnDigest(object sender, RegistryDigest theirs, Outbox outbox)
    {
        if (_life is not { } life || (theirs.Keys == State.Keys && theirs.Digest == State.Digest))
            return;
        SendState(sender, life, round: 0, State.Entries, outbox);
        outbox.Send(sender, new RegistryQuery(life, ++_number, IsTakeOver: false, State.Keys, State.Digest));
    }

    private void OnQuery(TimeSpan now, object sender, RegistryQuery query, Outbox outbox)
    {
        if (_life is not { } life)
            return;
        var isSame = query.Keys == State.Keys && query.Digest == State.Digest;
        SendState(sender, life, query.Round, isSame ? State.Entries.Where(static entry => entry.IsRemoved) : State.Entries, outbox);
        if (query.IsTakeOver)
            YieldTo(now);
    }

    private void OnStatePart(TimeSpan now, RegistryStatePart part, Outbox outbox)
    {
        var before = State.Digest;
        Take(now, part.Entries, outbox);
        _hasNews |= State.Digest != before;
        if (_role == Role.TakingOver)
        {
            OnAnswer(now, part, outbox);
        }
        else if (_role == Role.Serving && _hasNews && part.Index >= part.Count - 1)
        {
            // What one part of the cluster brings to another is told to all, once it is here as a whole.
            _hasNews = false;
            Compare(_others.Select(static member => member.Life).Where(life => life != part.From), outbox);
        }
    }

    private void Take(TimeSpan now, IReadOnlyList<RegistryEntry> entries, Outbox outbox) =>
        _registry.Merge(now, entries, _role == Role.Replica ? null : outbox);

    private static void SendState(object to, NodeLife from, ulong round, IEnumerable<RegistryEntry> entries, Outbox outbox)
    {
        RegistryEntry[][] parts = [.. entries.Chunk(WireLimits.RegistryPartEntriesMax)];
        if (parts.Length == 0)
            parts = [[]];
        for (var i = 0; i < parts.Length; i++)
            outbox.Send(to, new RegistryStatePart(from, round, i, parts.Length, parts[i]));
    }
}
