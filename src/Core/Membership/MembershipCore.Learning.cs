using Cascade.Core.Clocks;

namespace Cascade.Core.Membership;

public sealed partial class MembershipCore
{
    /// <summary>Takes in what is told of a node.</summary>
    /// <param name="told">The record.</param>
    /// <param name="isSync">
    /// True in a comparison: what is told there may be old news from the far side of a divided network, so that a removal is put to the member
    /// itself first.
    /// </param>
    private void Learn(Member told, bool isSync)
    {
        if (told.Node == Self.Node)
        {
            LearnOfSelf(told);
            return;
        }
        if (_table.Find(told.Node) is not { } entry)
        {
            LearnOfStranger(told, isSync);
            return;
        }
        var held = entry.Member;
        var order = told.CompareLife(held);
        if (order > 0)
            Set(entry, told);
        else if (order < 0)
            Correct(entry);
        else if (told.State == MemberState.Suspect && held.State == MemberState.Suspect && told.Incarnation == held.Incarnation)
            Confirm(entry, told.Accuser);
        else if (told.IsNewsTo(held) && isSync && told.State == MemberState.Removed && held.IsLive)
            Challenge(held, told);
        else if (told.IsNewsTo(held))
            Set(entry, told);
    }

    private void LearnOfStranger(Member told, bool isSync)
    {
        // A removal is remembered for a time from the day it is news; comparisons would keep it alive for ever by turns.
        if (!told.IsLive && isSync && Self.State != MemberState.Joining)
            return;
        if (told.IsLive ? IsFull : _settings.RemovedMax == 0)
            return;
        var entry = _table.Add(_now, told);
        OnSet(null, entry);
    }

    private bool IsFull => _table.Peers.Count + 1 >= _settings.MembersMax;

    private void LearnOfSelf(Member told)
    {
        var order = told.CompareLife(Self);
        if (order > 0)
            LearnOfLaterLife(told);
        else if (order < 0)
            Correct(_self);
        else if (told.State != MemberState.Left && told.IsNewsTo(Self))
            Refute(told);
    }

    private void Refute(Member told)
    {
        if (told.State is MemberState.Suspect or MemberState.Removed)
            _health.Worsen(1);
        Speak(Self with { Incarnation = told.Incarnation + 1 });
    }

    /// <summary>
    /// A later start of this node's number is known. When that one cannot be alive, because it was removed or had this node's very address, and this
    /// node has not begun to work, the clock was set back between the two starts: it takes a later start. Else the other one counts.
    /// </summary>
    private void LearnOfLaterLife(Member told)
    {
        var isOver = !told.IsLive || told.Address == Self.Address;
        if (Self.State == MemberState.Joining && isOver)
        {
            Speak(Self with { Start = new HybridTimestamp(told.Start.Value + 1) });
            BeginJoining();
            return;
        }
        _isOverruled = true;
        _outbox.Send(MembershipPort.Observers, new Overruled(ReasonOf(told), told));
    }

    private static string ReasonOf(Member later) =>
        $"{later.Node} was started again later, at {later.Address}: this process has to stop. Give each process a node number of its own.";

    /// <summary>Someone still believes in an earlier life: what counts is told again.</summary>
    private void Correct(MemberEntry entry)
    {
        if (entry.GossipTicket == 0)
            Tell(entry);
    }

    /// <summary>Lets a member know that it was removed elsewhere. If it lives it refutes; if not, this node finds out by itself.</summary>
    private void Challenge(Member held, Member told) => _outbox.Send(held.Address, new Gossip(Life, held.Life, [told]));

    /// <summary>Says something new of this node.</summary>
    private void Speak(Member self) => Set(_self, self);

    private void Set(MemberEntry entry, Member member)
    {
        var before = entry.Member;
        _table.Set(_now, entry, member);
        OnSet(before, entry);
    }

    private void OnSet(Member? before, MemberEntry entry)
    {
        var member = entry.Member;
        KeepSuspicion(entry);
        Tell(entry);
        if (_table.Gone > _settings.RemovedMax)
            _table.ForgetOldest();
        if (entry.LiveIndex >= 0 && before is not { IsLive: true })
            AddToRound(entry);
        _outbox.Send(MembershipPort.Observers, new MemberChanged(before, member));
    }
}
