namespace Cascade.Core.Membership;

public sealed partial class MembershipCore
{
    private readonly List<NodeAddress> _seeds;
    private bool _isSeed;
    private int _nextSeed;
    private int _rounds;
    private TimeSpan _joinWait;
    private TimeSpan _foundDue = TimeSpan.MaxValue;
    private TimeSpan _shareDue = TimeSpan.MaxValue;

    private TimeSpan JoinDue => Self.State == MemberState.Joining ? Min(_session?.Due ?? _now, _foundDue) : TimeSpan.MaxValue;

    private void BeginJoining()
    {
        if (_seeds.Count == 0)
        {
            BecomeUp(Member.FullShare);
            return;
        }
        _random.Shuffle(_seeds);
        (_nextSeed, _rounds, _joinWait) = (0, 0, _settings.JoinWaitMin);
        _foundDue = _isSeed ? _now + _settings.FoundAfter : TimeSpan.MaxValue;
        AskSeed();
    }

    private void AskSeed()
    {
        if (_nextSeed == _seeds.Count)
        {
            (_nextSeed, _rounds, _joinWait) = (0, _rounds + 1, Min(_joinWait * 2, _settings.JoinWaitMax));
            _outbox.Send(MembershipPort.Observers, new SeedsSilent(_rounds, _joinWait));
            // Members that knew an earlier life of this node have called it: they do as well as a seed.
            List<MemberEntry> callers = [.. _table.Peers.Where(static entry => entry.Member.State == MemberState.Up)];
            if (callers.Count > 0)
            {
                BeginSession(callers[_random.Below(callers.Count)].Member.Address, _joinWait);
                return;
            }
        }
        BeginSession(_seeds[_nextSeed++], _joinWait);
    }

    private void TickJoin()
    {
        if (Self.State != MemberState.Joining || JoinDue > _now)
            return;
        if (_foundDue <= _now)
            BecomeUp(Member.FullShare);
        else
            AskSeed();
    }

    /// <summary>A question came back to its sender: the seed is this node by another name.</summary>
    private void OnOwnSync(Sync sync)
    {
        if (_session is not { } session || session.Sequence != sync.Sequence)
            return;
        _seeds.Remove(session.Address);
        _session = null;
        if (Self.State != MemberState.Joining)
            return;
        _isSeed = true;
        BeginJoining();
    }

    /// <summary>Begins to work. A node that founds a cluster takes all work at once: there is nobody else.</summary>
    private void BecomeUp(int share)
    {
        _foundDue = TimeSpan.MaxValue;
        _session = null;
        Speak(Self with { State = MemberState.Up, Share = share });
        ScheduleShare();
        BeginSyncing();
    }

    private void ScheduleShare() => _shareDue = Self is { Share: < Member.FullShare, State: MemberState.Up } && !Self.Metadata.IsClient
        ? _now + (_settings.SlowStart / (Member.FullShare - 1))
        : TimeSpan.MaxValue;

    /// <summary>Takes a further part of the share of work. The node itself says so, that all place alike.</summary>
    private void TickShare()
    {
        if (_shareDue > _now)
            return;
        if (Self.State == MemberState.Up)
            Speak(Self with { Share = Self.Share + 1, Incarnation = Self.Incarnation + 1 });
        ScheduleShare();
    }
}
