using Cascade.Core.Identity;
using Cascade.Core.Ports;

namespace Cascade.Core.Membership;

/// <summary>
/// What one node decides about who is in the cluster: it joins through seeds, probes others and is probed, suspects and removes those
/// that do not answer, and spreads the news.
/// </summary>
/// <remarks>
/// <para>
/// SWIM (Das, Gupta and Motivala, 2002) with Lifeguard's measures against slow accusers, and a periodic comparison of all that is known,
/// by which a divided cluster finds together. Each node sends about as much whatever the size of the cluster.
/// </para>
/// <para>
/// A node speaks for itself: whatever is told of its present life it overrules by a higher incarnation, but for a later start of its number.
/// </para>
/// <para>
/// Messages go to a <see cref="NodeAddress"/>, to the sender of a message, or to <see cref="MembershipPort.Observers"/>. Delivery may be unreliable.
/// Not thread-safe: it belongs to an actor. <see cref="MembershipView"/>s may be handed to any thread.
/// </para>
/// </remarks>
public sealed partial class MembershipCore
{
    private readonly MembershipSettings _settings;
    private readonly IRandomNumbers _random;
    private readonly MemberTable _table;
    private readonly MemberEntry _self;
    private readonly GossipQueue _gossip = new();
    private readonly LocalHealth _health;
    private TimeSpan _now = TimeSpan.MinValue;
    private TimeSpan _lost;
    private Outbox _outbox = new();
    private bool _isStarted;
    private bool _isOverruled;
    private long _sequence;

    /// <summary>Makes a core that does nothing yet: <see cref="Start"/> begins to join.</summary>
    /// <param name="self">This node, as <see cref="Member.Starting"/> gives it.</param>
    /// <param name="settings">Periods and bounds.</param>
    /// <param name="random">Draws whom to probe and to tell. Another seed on each node.</param>
    /// <exception cref="ArgumentException">A setting is outside its range.</exception>
    public MembershipCore(Member self, MembershipSettings settings, IRandomNumbers random)
    {
        ArgumentNullException.ThrowIfNull(self);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(random);
        settings.Validate();
        _settings = settings;
        _random = random;
        _health = new LocalHealth(settings.HealthPenaltyMax);
        _table = new MemberTable(self.Node);
        _self = _table.Add(TimeSpan.Zero, self);
        _seeds = [.. settings.Seeds.Where(seed => seed != self.Address).Distinct()];
        _isSeed = settings.Seeds.Count == 0 || settings.Seeds.Contains(self.Address);
    }

    /// <summary>What this node says of itself.</summary>
    public Member Self => _self.Member;

    /// <summary>Who is in the cluster, as far as this node knows. The same instance until something changes.</summary>
    public MembershipView View => _table.View;

    /// <summary>True once there is nothing more to do: the node has left and told so, or another one with its number counts.</summary>
    public bool IsOver => _isOverruled || (Self.State == MemberState.Left && (_gossip.Count == 0 || _table.Peers.Count == 0));

    /// <summary>
    /// When <see cref="Tick"/> is due; <see cref="TimeSpan.MaxValue"/> when nothing waits. Changes with every step. A tick that comes much later is taken for
    /// this node's own fault: the time between counts against nobody.
    /// </summary>
    public TimeSpan NextDeadline { get; private set; } = TimeSpan.MaxValue;

    private NodeLife Life => Self.Life;

    /// <summary>Begins to join. To be called once, before anything else.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="outbox">Takes what is to be sent.</param>
    public void Start(TimeSpan now, Outbox outbox)
    {
        if (_isStarted)
            throw new InvalidOperationException("The membership was started before: make a new core for a new life.");
        Enter(now, outbox);
        _isStarted = true;
        BeginProbing();
        BeginJoining();
        Exit(now);
    }

    /// <summary>Takes one message in.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="sender">Whom a reply goes to.</param>
    /// <param name="message">The message.</param>
    /// <param name="outbox">Takes what is to be sent.</param>
    /// <returns>False when the message is none of the membership's.</returns>
    public bool Handle(TimeSpan now, object sender, object message, Outbox outbox)
    {
        if (message is not MembershipMessage told)
            return false;
        Enter(now, outbox);
        if (_isStarted && !IsOver && IsForMe(sender, told))
            Dispatch(sender, told);
        Exit(now);
        return true;
    }

    /// <summary>Does what is due. To be called at <see cref="NextDeadline"/>.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="outbox">Takes what is to be sent.</param>
    public void Tick(TimeSpan now, Outbox outbox)
    {
        Enter(now, outbox);
        if (_isStarted && !IsOver)
        {
            if (Self.State != MemberState.Left)
                TickWork();
            TickGossip();
        }
        Exit(now);
    }

    /// <summary>
    /// Takes note that a connection to a node broke: it is probed next. Others that lost theirs too confirm a suspicion, so that a process that died is
    /// removed soon.
    /// </summary>
    public void ConnectionLost(TimeSpan now, NodeId node, Outbox outbox)
    {
        Enter(now, outbox);
        if (_isStarted && !IsOver && _table.Find(node) is { LiveIndex: >= 0 } entry)
            ProbeSoon(entry);
        Exit(now);
    }

    /// <summary>Announces that this node will leave: it gets no new work, and hands over what it has. <see cref="Depart"/> ends that.</summary>
    public void Leave(TimeSpan now, Outbox outbox)
    {
        Enter(now, outbox);
        if (_isStarted && !IsOver && Self.State is MemberState.Joining or MemberState.Up)
            Speak(Self with { State = MemberState.Leaving, Incarnation = Self.Incarnation + 1 });
        Exit(now);
    }

    /// <summary>Leaves. What is due from now on is telling the others; then <see cref="IsOver"/> is true. Without it they find out by probing.</summary>
    public void Depart(TimeSpan now, Outbox outbox)
    {
        Enter(now, outbox);
        if (_isStarted && !IsOver && Self.State != MemberState.Left)
            Speak(Self with { State = MemberState.Left, Incarnation = Self.Incarnation + 1 });
        Exit(now);
    }

    /// <summary>Sets the clock for one step.</summary>
    /// <remarks>
    /// The core's own clock stands still while the node does: after a pause nothing is overdue, and the answers that came meanwhile, which are
    /// read after it, get a probe's timeout to be read in.
    /// </remarks>
    private void Enter(TimeSpan now, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(outbox);
        _outbox = outbox;
        if (NextDeadline < now && now - NextDeadline > _settings.ProbeTimeout / 2)
        {
            _lost += now - NextDeadline + _settings.ProbeTimeout;
            _health.Worsen(1);
        }
        if (now - _lost > _now)
            _now = now - _lost;
    }

    private void Exit(TimeSpan now)
    {
        var due = TimeSpan.MaxValue;
        if (_isStarted && !IsOver)
            due = Self.State == MemberState.Left ? GossipDue : Min(GossipDue, WorkDue);
        // A deadline may be moved to before now, by one who shares a suspicion, say: it is due from now, and not late.
        if (due < TimeSpan.MaxValue)
            due = due + _lost > now ? due + _lost : now;
        NextDeadline = due;
    }

    private TimeSpan WorkDue => Min(Min(JoinDue, SuspicionDue), Min(ProbeDue, Min(SyncDue, _shareDue)));

    private void TickWork()
    {
        TickJoin();
        TickSuspicions();
        TickProbe();
        TickSync();
        TickShare();
    }

    private bool IsForMe(object sender, MembershipMessage message)
    {
        if (message.From == Life)
        {
            if (message is Sync own)
                OnOwnSync(own);
            return false;
        }
        if (message.To is not { } to || to == Life)
            return true;
        // Meant for an earlier life of this node: whoever believes in that one is to know better.
        if (to.Node == Life.Node && to.Start < Life.Start)
            _outbox.Send(sender, new Gossip(Life, message.From, [Self]));
        return false;
    }

    private void Dispatch(object sender, MembershipMessage message)
    {
        switch (message)
        {
            case Sync m: OnSync(sender, m); return;
            case SyncReply m: OnSyncReply(m); return;
            case SyncRefused m: OnSyncRefused(m); return;
        }
        if (_table.Find(message.From.Node) is { } entry && entry.Member.Start > message.From.Start)
        {
            _outbox.Send(sender, new SyncRefused(Life, message.From, ReasonOf(entry.Member), entry.Member));
            return;
        }
        switch (message)
        {
            case Ping m: OnPing(sender, m); break;
            case PingRequest m: OnPingRequest(sender, m); break;
            case Ack m: OnAck(m); break;
            case Nack m: OnNack(m); break;
            case Gossip m: Hear(m.Records); break;
        }
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
