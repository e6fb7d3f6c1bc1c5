namespace Cascade.Core.Membership;

public sealed partial class MembershipCore
{
    private SyncSession? _session;
    private TimeSpan _syncDue = TimeSpan.MaxValue;
    private TimeSpan _healDue = TimeSpan.MaxValue;
    private int _heals;

    private TimeSpan SyncDue => Self.State == MemberState.Joining
        ? TimeSpan.MaxValue
        : _session?.Due ?? Min(_syncDue, _healDue);

    private void BeginSyncing()
    {
        _syncDue = _now + _random.Below(_settings.SyncPeriod);
        _healDue = _now + _random.Below(_settings.HealPeriod);
        // Nodes that miss the same are not to look for them in the same order.
        _heals = _random.Below(int.MaxValue);
    }

    private void TickSync()
    {
        if (Self.State == MemberState.Joining)
            return;
        if (_session is { } session && session.Due <= _now)
            _session = null;
        // One at a time: what is due meanwhile waits for it, so that neither keeps the other from its turn.
        if (_session is null && _syncDue <= _now)
        {
            _syncDue = _now + _settings.SyncPeriod;
            if (_table.Peers.Count > 0)
                BeginSession(_table.Peers[_random.Below(_table.Peers.Count)].Member.Address, _settings.SyncTimeout);
        }
        if (_session is null && _healDue <= _now)
        {
            _healDue = _now + _settings.HealPeriod;
            _table.ForgetGone(_now - _settings.RemovedMemory);
            Heal();
        }
    }

    /// <summary>Tries to reach one of those that may be here: seeds, and members that were removed or have left, by turns and each in its turn.</summary>
    private void Heal()
    {
        var known = _table.Peers.Select(static entry => entry.Member.Address).ToHashSet();
        var seeds = _seeds.Where(seed => !known.Contains(seed)).ToList();
        var removed = _table.All
            .Where(static entry => !entry.Member.IsLive)
            .Select(static entry => entry.Member.Address)
            .Where(address => !known.Contains(address))
            .ToList();
        var missing = removed.Count == 0 || (_heals % 2 == 0 && seeds.Count > 0) ? seeds : removed;
        if (missing.Count > 0)
            BeginSession(missing[_heals / 2 % missing.Count], _settings.SyncTimeout);
        _heals = (_heals + 1) & int.MaxValue;
    }

    private void BeginSession(NodeAddress address, TimeSpan wait)
    {
        _session = new SyncSession(address);
        SendPage(_session, to: null, wait);
    }

    private void SendPage(SyncSession session, NodeLife? to, TimeSpan wait)
    {
        var records = new List<Member>();
        var through = uint.MaxValue;
        var bytes = _settings.PageBytesMax;
        for (var i = _table.IndexOf(session.Next); i < _table.All.Count; i++)
        {
            var member = _table.All[i].Member;
            bytes -= member.SizeBytes;
            if (bytes < 0)
            {
                through = records[^1].Node.Value;
                break;
            }
            records.Add(member);
        }
        session.Sequence = ++_sequence;
        session.Due = _now + wait;
        _outbox.Send(session.Address, new Sync(
            Life, to, _settings.Cluster, session.Sequence, Self, _table.Digest, new NodeRange(session.Next, through), records));
    }

    private void OnSync(object sender, Sync sync)
    {
        if (sync.Cluster != _settings.Cluster)
        {
            Refuse(sender, sync, $"This is a node of cluster '{_settings.Cluster}', not of '{sync.Cluster}': correct the cluster's name or the seeds.", by: null);
            return;
        }
        if (!sync.Self.IsValid() || !sync.Self.IsLive || sync.Self.Life != sync.From || !IsWelcome(sender, sync))
            return;
        Learn(sync.Self, isSync: false);
        var isSame = sync.Digest == _table.Digest;
        if (!isSame)
            LearnAll(sync.Records);
        if (IsOver)
            return;
        var reply = isSame
            ? new SyncReply(Life, sync.From, sync.Sequence, sync.Range with { Through = uint.MaxValue }, [])
            : Better(sync);
        _outbox.Send(sender, reply);
    }

    private bool IsWelcome(object sender, Sync sync)
    {
        var self = sync.Self;
        if (self.Node == Self.Node)
        {
            LearnOfSelf(self);
            if (!IsOver)
                Refuse(sender, sync, ReasonOf(Self), Self);
            return false;
        }
        if (_table.Find(self.Node) is not { Member: var held })
        {
            if (!IsFull)
                return true;
            Refuse(sender, sync, $"The cluster has {_settings.MembersMax} members, the most allowed: raise the limit on all nodes.", by: null);
            return false;
        }
        var order = self.CompareLife(held);
        if (order < 0)
            Refuse(sender, sync, ReasonOf(held), held);
        else if (order > 0 && held.IsLive && held.Address != self.Address)
            _outbox.Send(held.Address, new SyncRefused(Life, held.Life, ReasonOf(self), self));
        return order > 0 || (order == 0 && held.State != MemberState.Left);
    }

    private void Refuse(object sender, Sync sync, string reason, Member? by) => _outbox.Send(sender, new SyncRefused(Life, sync.From, reason, by));

    /// <summary>What this node knows better in the range of a page; both are in order of the numbers.</summary>
    private SyncReply Better(Sync sync)
    {
        var records = new List<Member>();
        var (told, bytes, last) = (0, _settings.PageBytesMax, sync.Range.From);
        for (var i = _table.IndexOf(sync.Range.From); i < _table.All.Count && _table.All[i].Member.Node.Value <= sync.Range.Through; i++)
        {
            var member = _table.All[i].Member;
            while (told < sync.Records.Count && sync.Records[told].Node < member.Node)
                told++;
            if (told < sync.Records.Count && sync.Records[told].Node == member.Node && !IsBetter(member, sync.Records[told]))
                continue;
            bytes -= member.SizeBytes;
            if (bytes < 0)
                return new SyncReply(Life, sync.From, sync.Sequence, sync.Range with { Through = records[^1].Node.Value }, records);
            records.Add(member);
        }
        return new SyncReply(Life, sync.From, sync.Sequence, sync.Range, records);
    }

    private static bool IsBetter(Member held, Member told)
    {
        var order = held.CompareLife(told);
        return order > 0 || (order == 0 && held.IsNewsTo(told));
    }

    private void OnSyncReply(SyncReply reply)
    {
        if (_session is not { } session || session.Sequence != reply.Sequence || reply.Range.Through < session.Next)
            return;
        LearnAll(reply.Records);
        // A record among them may have ended this life, or begun the join anew.
        if (IsOver || _session != session)
            return;
        if (reply.Range.Through < uint.MaxValue)
        {
            session.Next = reply.Range.Through + 1;
            SendPage(session, reply.From, _settings.SyncTimeout);
            return;
        }
        _session = null;
        if (Self.State == MemberState.Joining)
            BecomeUp(_settings.SlowStart > TimeSpan.Zero ? Self.Share : Member.FullShare);
    }

    private void OnSyncRefused(SyncRefused refused)
    {
        if (refused.By is { } by)
        {
            if (by.IsValid() && by.Node == Self.Node)
                LearnOfSelf(by);
            return;
        }
        if (Self.State == MemberState.Joining)
            _outbox.Send(MembershipPort.Observers, new JoinRefused(refused.Reason));
    }

    private void LearnAll(IReadOnlyList<Member> records)
    {
        foreach (var told in records)
        {
            if (!IsOver && told.IsValid())
                Learn(told, isSync: true);
        }
    }

    /// <summary>A comparison that this node asked for.</summary>
    private sealed class SyncSession(NodeAddress address)
    {
        public NodeAddress Address { get; } = address;

        public long Sequence { get; set; }

        public uint Next { get; set; }

        public TimeSpan Due { get; set; }
    }
}
