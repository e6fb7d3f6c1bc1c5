using Cascade.Actors;
using Cascade.Actors.Shells;
using Cascade.Actors.Simulation;
using Cascade.Cluster.Membership;
using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Sharding;
using Cascade.Hosting.Configuration;
using Microsoft.Extensions.Logging;

namespace Cascade.Hosting.Node;

/// <summary>What of a node makes it one of a cluster: its network, its membership, and what it knows of the others.</summary>
internal sealed class ClusterParts
{
    /// <summary>How long the others are given to take in that this node has left, and no longer than the node has.</summary>
    private static readonly TimeSpan DepartPatienceMax = TimeSpan.FromSeconds(2);

    /// <summary>Nodes that are started together find each other sooner than seeds are waited for so long.</summary>
    private static readonly TimeSpan SilenceToTell = TimeSpan.FromSeconds(1);

    private readonly INodeNetwork _network;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _overruled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IActorRef? _membership;
    private Action<NodeId>? _died;

    /// <summary>Nobody is known yet: <see cref="Join"/> begins.</summary>
    public ClusterParts(NodeId self, INodeNetwork network, ILogger logger)
    {
        (_network, _logger) = (network, logger);
        View = new ClusterView(self);
        Nodes = new NodeRefs(View, (Func<Member, string, IActorRef>)network.Resolve);
    }

    /// <summary>What this node knows of the cluster.</summary>
    public ClusterView View { get; }

    /// <summary>The actors of other nodes.</summary>
    public NodeRefs Nodes { get; }

    /// <summary>Where others reach this node.</summary>
    public NodeAddress Address => _network.Address;

    /// <summary>Completes when this node has its part in the cluster.</summary>
    public Task Up => _up.Task;

    /// <summary>Completes, with the reason, when another process with this node's number counts: this one has to stop.</summary>
    public Task<string> Overruled => _overruled.Task;

    /// <summary>Begins to join. Once; what others ask this node for must be there.</summary>
    /// <param name="options">The node's settings.</param>
    /// <param name="system">The node's actors.</param>
    /// <param name="startup">The node's time, and what tests change.</param>
    /// <param name="start">This life of the node: later than every earlier one.</param>
    /// <param name="metadata">What the node tells of itself.</param>
    /// <param name="subscribers">Actors that are told of each change of the cluster.</param>
    public void Join(
        CascadeOptions options, ActorSystem system, NodeStartup startup, HybridTimestamp start, MemberMetadata metadata, IEnumerable<IActorRef> subscribers)
    {
        var settings = startup.Membership(new MembershipSettings { Cluster = options.Cluster.Name, Seeds = options.Remoting.Seeds });
        var core = new MembershipCore(
            Member.Starting(View.Self, Address, start, metadata), settings, new Numbers(startup.Seed ^ start.Value ^ View.Self.Value));
        var hooks = new MembershipHooks
        {
            OnChanged = OnChanged,
            OnSeedsSilent = startup.IsJoinTimed ? null : OnSeedsSilent,
            OnRefused = refused => NodeLog.JoinRefused(_logger, refused.Reason),
            OnOverruled = overruled =>
            {
                NodeLog.Overruled(_logger, overruled.Reason);
                _overruled.TrySetResult(overruled.Reason);
            },
        };
        _membership = system.ActorOf(
            ClusterMembership.Props(core, View, address => _network.Resolve(address, NodePaths.Membership), startup.Time, hooks),
            NodePaths.Membership[(NodePaths.Membership.LastIndexOf('/') + 1)..]);
        foreach (var subscriber in subscribers)
            _membership.Tell(SubscribeToCluster.Instance, subscriber);
        _network.Lost += OnLost;
    }

    /// <summary>Has somebody told of each node to which messages flow again, by its number.</summary>
    public void OnConnected(Action<NodeId> told) => _network.Connected += address =>
    {
        if (Find(address) is { } member)
            told(member.Node);
    };

    /// <summary>Has somebody told of each node that died, by its number: it was removed, or was started again. Told also of one that was only cut off.</summary>
    public void OnDied(Action<NodeId> told) => _died += told;

    /// <summary>Announces that the node will leave: it gets no new work, and others take over what it has.</summary>
    public async Task BeginLeaveAsync(TimeSpan within)
    {
        if (_membership is { } membership)
            await AskAsync(membership, BeginLeave.Instance, within);
    }

    /// <summary>Leaves, so that the others need not find out.</summary>
    public async Task DepartAsync(TimeSpan within)
    {
        if (_membership is { } membership)
            await AskAsync(membership, Depart.Instance, within);
    }

    private static async Task AskAsync(IActorRef membership, object message, TimeSpan within)
    {
        try
        {
            await membership.Ask<object>(message, within < DepartPatienceMax ? within : DepartPatienceMax);
        }
        catch (Exception e) when (e is AskTimeoutException or DeadLetterException or MailboxFullException)
        {
            // The others find out by themselves.
        }
    }

    private void OnSeedsSilent(SeedsSilent silent)
    {
        if (silent.Wait >= SilenceToTell)
            NodeLog.SeedsSilent(_logger, silent.Rounds, silent.Wait);
    }

    private void OnLost(NodeAddress address)
    {
        if (Find(address) is { } member)
            _membership?.Tell(new ConnectionLost(member.Node), ActorRefs.NoSender);
    }

    private Member? Find(NodeAddress address)
    {
        foreach (var member in View.Current.Members.Members)
        {
            if (member.Address == address)
                return member;
        }

        return null;
    }

    private void OnChanged(MemberChanged change)
    {
        var (before, after) = (change.Before, change.After);
        if (after.Node == View.Self)
        {
            // A former life has a later start than the clock gives. What is told next is told as the life that counts, or it would be refused.
            if (before is not null && before.Life != after.Life)
                _network.BeginLife(after);
            if (after.State == MemberState.Up)
                _up.TrySetResult();
            return;
        }

        if (after.State == MemberState.Removed || (before is not null && before.Life != after.Life && before.State != MemberState.Left))
            _died?.Invoke(after.Node);
        if (before is not null && before.Life != after.Life)
            _network.MarkDown(before);
        if (after.IsLive)
            _network.MarkUp(after);
        else
            // It may only have hung or been cut off: then it comes back, as the same life, by a word that has to reach it. And where all seeds left and were
            // started again they know of nobody: only a call from here brings them back.
            _network.MarkLost(after);
        if (before is null || before.Life != after.Life || before.State != after.State)
            NodeLog.MemberChanged(_logger, after.Node, after.Address, after.State);
    }

    private sealed class Numbers(ulong seed) : IRandomNumbers
    {
        private readonly SplitMix64 _random = new(seed);

        public ulong Next() => _random.Next();
    }
}
