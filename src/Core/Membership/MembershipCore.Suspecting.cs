using Cascade.Core.Identity;

namespace Cascade.Core.Membership;

public sealed partial class MembershipCore
{
    private readonly List<MemberEntry> _suspects = [];

    private TimeSpan SuspicionDue
    {
        get
        {
            var due = TimeSpan.MaxValue;
            foreach (var entry in _suspects)
                due = Min(due, DeadlineOf(entry));
            return due;
        }
    }

    private TimeSpan DeadlineOf(MemberEntry entry) => entry.Suspicion!.Deadline(_settings, _table.Peers.Count + 1, _health.Stretch);

    /// <summary>A member did not answer this node's probe.</summary>
    private void Suspect(MemberEntry entry)
    {
        var member = entry.Member;
        switch (member.State)
        {
            case MemberState.Up:
                Set(entry, member with { State = MemberState.Suspect, Accuser = Self.Node });
                break;
            case MemberState.Suspect:
                Confirm(entry, Self.Node);
                break;
            default:
                // One that joins or leaves has no work that could be spared a move, so the suspicion is not told: an answer to the next probes ends it.
                if (entry.Suspicion is null)
                    BeginSuspicion(entry, accuser: null);
                AddUrgent(entry);
                break;
        }
    }

    /// <summary>A further node suspects a suspect.</summary>
    private void Confirm(MemberEntry entry, NodeId? accuser)
    {
        if (accuser is not { } node || !entry.Suspicion!.Confirm(node))
            return;
        _table.Set(_now, entry, entry.Member with { Accuser = node });
        Tell(entry);
    }

    private void KeepSuspicion(MemberEntry entry)
    {
        EndSuspicion(entry);
        if (entry.Member.State == MemberState.Suspect)
            BeginSuspicion(entry, entry.Member.Accuser);
    }

    private void BeginSuspicion(MemberEntry entry, NodeId? accuser)
    {
        entry.Suspicion = new Suspicion(_now, accuser);
        _suspects.Add(entry);
    }

    private void EndSuspicion(MemberEntry entry)
    {
        if (entry.Suspicion is null)
            return;
        entry.Suspicion = null;
        _suspects.Remove(entry);
    }

    private void TickSuspicions()
    {
        for (var i = _suspects.Count - 1; i >= 0; i--)
        {
            var entry = _suspects[i];
            if (DeadlineOf(entry) <= _now)
                Set(entry, entry.Member with { State = MemberState.Removed, Accuser = null });
        }
    }
}
