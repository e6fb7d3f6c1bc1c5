namespace Cascade.Core.Membership;

public sealed partial class MembershipCore
{
    // Probes on behalf of others at a time; a further request is not answered, which its sender takes for a lost message.
    private const int RelaysMax = 64;

    // Members that wait for a turn before their turn; the others are probed in any case, just later.
    private const int UrgentMax = 64;

    private readonly List<MemberEntry> _round = [];
    private readonly Queue<MemberEntry> _urgent = [];
    private readonly List<Relay> _relays = [];
    private MemberEntry? _probed;
    private NodeLife _probedLife;
    private long _probeSequence;
    private bool _isAnswered;
    private bool _isIndirect;
    private int _relaysAsked;
    private int _nacksWanted;
    private TimeSpan _probeStart;
    private TimeSpan _answerDue;
    private TimeSpan _periodEnd;

    private TimeSpan ProbeDue
    {
        get
        {
            var due = _isAnswered || _isIndirect ? _periodEnd : Min(_answerDue, _periodEnd);
            return _relays.Count > 0 ? Min(due, _relays[0].Due) : due;
        }
    }

    private void BeginProbing()
    {
        // Nodes that were started together are not to probe in step.
        _isAnswered = true;
        _periodEnd = _now + _random.Below(_settings.ProbePeriod);
    }

    private void TickProbe()
    {
        EndRelays();
        if (!_isAnswered && !_isIndirect && _answerDue <= _now)
            ProbeIndirectly();
        if (_periodEnd > _now)
            return;
        if (!_isAnswered)
            EndUnanswered();
        BeginPeriod();
    }

    private void BeginPeriod()
    {
        _probeStart = _now;
        _periodEnd = _now + (_settings.ProbePeriod * _health.Stretch);
        _answerDue = _now + (_settings.ProbeTimeout * _health.Stretch);
        _isIndirect = false;
        _relaysAsked = 0;
        _nacksWanted = 0;
        _probed = NextProbed();
        _isAnswered = _probed is null;
        if (_probed is not { Member: var member })
            return;
        _probedLife = member.Life;
        _probeSequence = ++_sequence;
        _outbox.Send(member.Address, new Ping(Life, member.Life, _probeSequence, News(member)));
    }

    private MemberEntry? NextProbed()
    {
        while (_urgent.TryDequeue(out var urgent))
        {
            if (urgent.LiveIndex >= 0)
                return urgent;
        }
        for (var isNew = false; ;)
        {
            while (_round.Count > 0)
            {
                var next = _round[^1];
                _round.RemoveAt(_round.Count - 1);
                if (next.LiveIndex >= 0)
                    return next;
            }
            if (isNew)
                return null;
            isNew = true;
            _round.AddRange(_table.Peers);
            _random.Shuffle(_round);
        }
    }

    private void AddToRound(MemberEntry entry) => _round.Insert(_random.Below(_round.Count + 1), entry);

    private void ProbeIndirectly()
    {
        _isIndirect = true;
        var target = _probed!.Member;
        var peers = _table.Peers;
        if (_settings.IndirectProbes == 0 || peers.Count < 2)
            return;
        var first = _random.Below(peers.Count);
        for (var i = 0; i < peers.Count && _relaysAsked < _settings.IndirectProbes; i++)
        {
            var relay = peers[(first + i) % peers.Count];
            if (relay == _probed)
                continue;
            _relaysAsked++;
            _outbox.Send(relay.Member.Address, new PingRequest(
                Life, relay.Member.Life, _probeSequence, target.Life, target.Address, News(relay.Member)));
        }
        _nacksWanted = _relaysAsked;
    }

    private void EndUnanswered()
    {
        // Relays that did not even say that they got no answer point to this node itself.
        _health.Worsen(_relaysAsked > 0 ? _nacksWanted : 1);
        if (_probed is { LiveIndex: >= 0 } entry && entry.Member.Life == _probedLife)
            Suspect(entry);
    }

    private void OnPing(object sender, Ping ping)
    {
        Hear(ping.Gossip);
        if (!IsOver)
            _outbox.Send(sender, new Ack(Life, ping.From, ping.Sequence, News(ping.From)));
    }

    private void OnPingRequest(object sender, PingRequest request)
    {
        Hear(request.Gossip);
        if (IsOver || _relays.Count >= RelaysMax)
            return;
        var sequence = ++_sequence;
        _relays.Add(new Relay(sequence, sender, request, _now + _settings.ProbeTimeout));
        _outbox.Send(request.TargetAddress, new Ping(Life, request.Target, sequence, News(request.Target)));
    }

    private void OnAck(Ack ack)
    {
        Hear(ack.Gossip);
        if (IsOver)
            return;
        var at = _relays.FindIndex(relay => relay.Sequence == ack.Sequence);
        if (at >= 0)
        {
            var (_, asker, request, _) = _relays[at];
            _relays.RemoveAt(at);
            _outbox.Send(asker, new Ack(Life, request.From, request.Sequence, News(request.From)));
            return;
        }
        if (ack.Sequence != _probeSequence || _isAnswered)
            return;
        _isAnswered = true;
        _health.Improve();
        if (_probed is { Member.State: not MemberState.Suspect } entry && entry.Member.Life == _probedLife)
            EndSuspicion(entry);
        Hasten();
    }

    private void OnNack(Nack nack)
    {
        if (nack.Sequence == _probeSequence && !_isAnswered && _nacksWanted > 0)
            _nacksWanted--;
    }

    private void EndRelays()
    {
        while (_relays.Count > 0 && _relays[0].Due <= _now)
        {
            var (_, asker, request, _) = _relays[0];
            _relays.RemoveAt(0);
            _outbox.Send(asker, new Nack(Life, request.From, request.Sequence));
        }
    }

    private void ProbeSoon(MemberEntry entry)
    {
        if (entry != _probed || _isAnswered)
            AddUrgent(entry);
        Hasten();
    }

    private void AddUrgent(MemberEntry entry)
    {
        if (_urgent.Count < UrgentMax && !_urgent.Contains(entry))
            _urgent.Enqueue(entry);
    }

    /// <summary>Ends an answered period early for a member that is to be probed soon, but leaves the time of one answer between two probes.</summary>
    private void Hasten()
    {
        if (_isAnswered && _urgent.Count > 0)
            _periodEnd = Min(_periodEnd, _probeStart + _settings.ProbeTimeout);
    }

    private readonly record struct Relay(long Sequence, object Asker, PingRequest Request, TimeSpan Due);
}
