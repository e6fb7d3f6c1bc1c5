using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;

namespace Cascade.Core.Registry;

/// <summary>One node's part in the prefix registry: the cluster's registry while the shard map says so, else a replica of it.</summary>
/// <remarks>
/// <para>One thread at a time. Messages to other nodes are addressed by <see cref="NodeId"/>; each may be lost.</para>
/// <para>
/// A change is acknowledged once the replicas of all nodes that store have it. A new registry first asks all of them what they know, so that nothing that was
/// acknowledged is lost, and compares states with one of them in turn from then on, so that they agree after whatever went wrong.
/// </para>
/// <para>
/// Nodes see views at different times, so that two may take themselves for the registry: the one that is asked by another that takes over leaves off for a while,
/// and what two have taken in at once is merged.
/// </para>
/// </remarks>
public sealed partial class RegistryNodeCore
{
    /// <summary>The name by which the shard map finds the registry's node.</summary>
    public const string SingletonName = "prefix-registry";

    private readonly RegistrySettings _settings;
    private readonly NodeId? _self;
    private readonly PrefixRegistryCore _registry;
    private NodeLife? _life;
    private Member[] _others = [];
    private HashSet<NodeLife> _trusted = [];
    private Role _role;
    private TimeSpan _roleUntil;
    private ulong _number;

    /// <summary>Begins with an empty state.</summary>
    /// <param name="settings">Limits and waits.</param>
    /// <param name="self">This node; null for one that is alone, which serves at once.</param>
    public RegistryNodeCore(RegistrySettings settings, NodeId? self = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        (_settings, _self) = (settings, self);
        _registry = new PrefixRegistryCore(settings);
        _role = self is null ? Role.Serving : Role.Replica;
    }

    private enum Role
    {
        /// <summary>Another node is the registry, or none.</summary>
        Replica,

        /// <summary>The registry, as soon as it knows what the others know.</summary>
        TakingOver,

        /// <summary>The registry.</summary>
        Serving,

        /// <summary>The registry by this node's view, while another claims to be it.</summary>
        Yielding,
    }

    /// <summary>What this node knows is registered; another object after every change.</summary>
    public RegistryState State => _registry.State;

    /// <summary>True while this node serves requests.</summary>
    public bool IsServing => _role == Role.Serving;

    /// <summary>When <see cref="Tick"/> is due; null when nothing waits for time to pass.</summary>
    public TimeSpan? NextDeadline
    {
        get
        {
            var next = _registry.NextDeadline ?? TimeSpan.MaxValue;
            foreach (var change in _changes)
                next = Earlier(next, change.NextDeadline);
            foreach (var asked in _asked)
                next = Earlier(next, asked.RepeatAt);
            if (_role is Role.TakingOver or Role.Yielding)
                next = Earlier(next, _roleUntil);
            if (_role == Role.Serving && _others.Length > 0)
                next = Earlier(next, _reconcileAt);
            return next == TimeSpan.MaxValue ? null : next;
        }
    }

    /// <summary>Takes one message in.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="sender">Whom the reply goes to.</param>
    /// <param name="message">A request, a message of another node's part, or a <see cref="ClusterState"/>.</param>
    /// <param name="outbox">Takes what is to be sent, once <see cref="State"/> is what replicas are asked.</param>
    /// <exception cref="ArgumentException">The message is none that a registry knows.</exception>
    public void Handle(TimeSpan now, object sender, object message, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(outbox);
        switch (message)
        {
            case IRegistryMessage request: OnRequest(now, sender, request, outbox); break;
            case RegistryPart part: OnPart(now, sender, part, outbox); break;
            case RegistryTaken taken: OnTaken(taken, outbox); break;
            case RegistryQuery query: OnQuery(now, sender, query, outbox); break;
            case RegistryStatePart part: OnStatePart(now, part, outbox); break;
            case RegistryDigest digest: OnDigest(sender, digest, outbox); break;
            case ClusterState cluster: OnCluster(now, cluster, outbox); break;
            default:
                throw new ArgumentException($"A prefix registry does not know {message.GetType().Name}.", nameof(message));
        }
    }

    /// <summary>Does what is due.</summary>
    public void Tick(TimeSpan now, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(outbox);
        _registry.Tick(now);
        TickChanges(now, outbox);
        if (_role == Role.TakingOver)
            TickTakeOver(now, outbox);
        else if (_role == Role.Yielding && now >= _roleUntil)
            BeginTakeOver(now, outbox);
        else if (_role == Role.Serving && now >= _reconcileAt)
            ReconcileNext(now, outbox);
    }

    private void OnCluster(TimeSpan now, ClusterState cluster, Outbox outbox)
    {
        if (_self is not { } self)
            return;
        var known = _others.Select(static member => member.Life).ToHashSet();
        var trusted = _trusted;
        _life = cluster.Members.Find(self)?.Life;
        // Numbers of different lives differ, so that a late answer to a former one means nothing to this.
        if (_number == 0 && _life is { } life)
            _number = life.Start.Value;
        _others = [.. cluster.Members.Members.Where(member => member.Node != self && !member.Metadata.IsClient)];
        _trusted = [.. _others.Where(static member => member.State != MemberState.Suspect).Select(static member => member.Life)];
        List<NodeLife> arrived = [.. _others.Select(static member => member.Life).Where(other => !known.Contains(other))];
        List<NodeLife> regained = [.. _others.Select(static member => member.Life).Where(other => _trusted.Contains(other) && !trusted.Contains(other))];

        UpdateChanges(regained, outbox);
        if (_life is null || cluster.Shards.SingletonOf(SingletonName) != self)
            StepDown(outbox);
        else if (_role == Role.Replica)
            BeginTakeOver(now, outbox);
        else if (_role == Role.TakingOver)
            UpdateTakeOver(now, arrived, outbox);
        else if (_role == Role.Serving)
            Compare(regained, outbox);
    }

    private static TimeSpan Earlier(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan After(TimeSpan now, TimeSpan wait) => Deadline.After(now, wait);
}
