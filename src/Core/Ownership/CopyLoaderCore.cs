using Cascade.Core.Clocks;
using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;

namespace Cascade.Core.Ownership;

/// <summary>
/// Fills the <see cref="CopyDirectory"/> of a node: with what the tiers of all nodes hold in the shards that come, and without what nodes held that are gone.
/// </summary>
/// <remarks>
/// <para>
/// A shard that comes is loaded when each node that stores has reported it, every tier of it, since then: a report that came before does not count, as
/// what that node told afterwards was not taken in here. Nodes are asked at once and again and again; one is not waited for any more when it goes. When some have not
/// reported after <see cref="Patience"/> the shard is served all the same, but as incomplete: its owners do not say that a block is nowhere.
/// </para>
/// <para>
/// A node that comes later is asked for the shards that are here; they are incomplete until it has reported them. Of each life of a node one report of a shard is put in. From then on the
/// directory is kept by owners, and compared with what the tiers hold: see <see cref="HoldingsTelling"/>.
/// </para>
/// <para>Not thread-safe: it belongs to the loader's actor.</para>
/// </remarks>
public sealed partial class CopyLoaderCore
{
    /// <summary>How long reports of all nodes are waited for before a shard is served without.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>How long a node is given to report before it is asked again: while a shard waits for it, and later.</summary>
    private static readonly TimeSpan AskPeriod = TimeSpan.FromMilliseconds(200), IdleAskPeriod = TimeSpan.FromSeconds(1);

    /// <summary>The tiers that a node reports; one that it has not it reports empty.</summary>
    internal static readonly TierKind[] Kinds = [TierKind.Shm, TierKind.Cold, TierKind.Gpu];

    private readonly ClusterView _view;
    private readonly CopyDirectory _directory;
    private readonly Func<NodeId, object?> _reporterOf;
    private readonly SortedDictionary<NodeId, Reporting> _nodes = [];

    /// <summary>Those that store nothing: they read and write, and what they hold ends with them.</summary>
    private readonly SortedDictionary<NodeId, HybridTimestamp> _clients = [];
    private readonly List<Load> _loads = [];
    private ShardSet _here = new();
    private ShardSet _incomplete = new();
    private TimeSpan _askAt, _sweepAt;

    /// <summary>Makes a loader of a node that owns nothing yet.</summary>
    /// <param name="view">What is known of the cluster.</param>
    /// <param name="directory">What it fills.</param>
    /// <param name="reporterOf">What to send to in order to reach the <see cref="CopyReporterCore"/> of a node; null when the node is not in the cluster.</param>
    public CopyLoaderCore(ClusterView view, CopyDirectory directory, Func<NodeId, object?> reporterOf)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(reporterOf);
        _view = view;
        _directory = directory;
        _reporterOf = reporterOf;
    }

    /// <summary>The block owners of this node that are alive, all of them: who is told of a node that is gone.</summary>
    public static object LiveOwners { get; } = new LiveOwnersPort();

    /// <summary>Shards that are here and still waited for.</summary>
    public int Loading => _loads.Sum(static load => load.Shards.Count);

    /// <summary>Shards that are served though not every node has reported.</summary>
    public int Incomplete => _incomplete.Count;

    /// <summary>Takes one message in.</summary>
    /// <returns>False when the message is none of the loader's.</returns>
    public bool Handle(TimeSpan now, object sender, object message, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(outbox);
        switch (message)
        {
            case ClusterState: OnView(now, outbox); break;
            case LoadShards load: OnLoad(now, sender, load, outbox); break;
            case ShardsLost lost: OnLost(lost.Shards); break;
            case Holdings holdings: OnHoldings(holdings, outbox); break;
            case HoldingsDigest digest: OnDigest(sender, digest, outbox); break;
            default: return false;
        }
        return true;
    }

    /// <summary>Asks again, and ends waits. To be called every 200 ms.</summary>
    public void Tick(TimeSpan now, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(outbox);
        for (var i = _loads.Count - 1; i >= 0; i--)
        {
            if (_loads[i].Deadline > now)
                continue;
            var load = _loads[i];
            _loads.RemoveAt(i);
            _incomplete = _incomplete.Or(load.Shards);
            outbox.Send(load.Region, new ShardsLoaded(load.Shards, load.Round));
        }
        if (now >= _askAt)
            Ask(now, outbox);
        if (now < _sweepAt)
            return;
        // A message that was under way when its node went may have brought a copy back.
        _sweepAt = now + IdleAskPeriod;
        _directory.ForgetAll(_nodes.ContainsKey);
    }

    private void OnView(TimeSpan now, Outbox outbox)
    {
        SortedDictionary<NodeId, Member> storing = [];
        foreach (var member in _view.Current.Members.Members)
        {
            if (member.TakesWork || (member.State == MemberState.Leaving && !member.Metadata.IsClient))
                storing.Add(member.Node, member);
        }
        var gone = _nodes.Where(known => !storing.TryGetValue(known.Key, out var member) || member.Start != known.Value.Start)
            .Select(static known => known.Key).ToList();
        foreach (var node in gone)
            _nodes.Remove(node);
        if (gone.Count > 0)
            _directory.ForgetAll(_nodes.ContainsKey);
        gone.AddRange(GoneClients());
        foreach (var node in gone)
            outbox.Send(LiveOwners, new NodeGone(node));
        var hasCome = false;
        foreach (var member in storing.Values)
            hasCome |= TryMeet(member);
        Settle(outbox);
        if (hasCome)
            Ask(now, outbox);
    }

    private List<NodeId> GoneClients()
    {
        var members = _view.Current.Members;
        List<NodeId> gone = [.. _clients.Where(known => members.Find(known.Key)?.Start != known.Value).Select(static known => known.Key)];
        foreach (var node in gone)
            _clients.Remove(node);
        foreach (var member in members.Members)
        {
            if (member.Metadata.IsClient)
                _clients.TryAdd(member.Node, member.Start);
        }
        return gone;
    }

    private bool TryMeet(Member member)
    {
        if (_nodes.ContainsKey(member.Node))
            return false;
        _nodes.Add(member.Node, new Reporting(member.Start, _here));
        foreach (var shard in _here.Shards())
        {
            foreach (var kind in Kinds)
                _directory.Expect(shard, new TierAddress(member.Node, kind));
            _directory.SetComplete(shard, false);
        }
        // Out of another part of a divided cluster it brings copies that nobody here knows.
        _incomplete = _incomplete.Or(_loads.Aggregate(_here, static (served, load) => served.Except(load.Shards)));
        return true;
    }

    private void OnLoad(TimeSpan now, object region, LoadShards load, Outbox outbox)
    {
        // The region may have learned of a change before this did.
        OnView(now, outbox);
        Leave(load.Shards);
        List<TierAddress> tiers = [];
        foreach (var node in _nodes.Keys)
            tiers.AddRange(Kinds.Select(kind => new TierAddress(node, kind)));
        foreach (var shard in load.Shards.Shards())
            _directory.Open(shard, tiers);
        _here = _here.Or(load.Shards);
        foreach (var node in _nodes.Values)
            node.MissAll(load.Shards);
        _loads.Add(new Load(region, load.Round, load.Shards, Deadline.After(now, Patience)));
        Settle(outbox);
        Ask(now, outbox);
    }

    private void OnLost(ShardSet shards)
    {
        Leave(shards);
        _here = _here.Except(shards);
        foreach (var node in _nodes.Values)
            node.MissNone(shards);
        foreach (var shard in shards.Shards())
            _directory.Close(shard);
    }

    /// <summary>What was to be answered about these shards is void.</summary>
    private void Leave(ShardSet shards)
    {
        _incomplete = _incomplete.Except(shards);
        for (var i = _loads.Count - 1; i >= 0; i--)
        {
            _loads[i] = _loads[i] with { Shards = _loads[i].Shards.Except(shards) };
            if (_loads[i].Shards.IsEmpty)
                _loads.RemoveAt(i);
        }
    }

    private void Ask(TimeSpan now, Outbox outbox)
    {
        _askAt = now + (_loads.Count > 0 ? AskPeriod : IdleAskPeriod);
        foreach (var (node, reporting) in _nodes)
        {
            var missing = reporting.MissingAny;
            if (!missing.IsEmpty && _reporterOf(node) is { } reporter)
                outbox.Send(reporter, new ListHoldings(_view.Self, missing));
        }
    }

    private sealed record Load(object Region, long Round, ShardSet Shards, TimeSpan Deadline);

    private sealed class LiveOwnersPort
    {
        public override string ToString() => "live-owners";
    }

    /// <summary>What one life of a node has yet to report of the shards here, by tier.</summary>
    private sealed class Reporting(HybridTimestamp start, ShardSet missing)
    {
        private readonly ShardSet[] _missing = [.. Kinds.Select(_ => missing)];

        public HybridTimestamp Start => start;

        public ShardSet MissingAny => _missing.Aggregate(ShardSets.Or);

        public ShardSet MissingOf(TierKind kind) => _missing[Array.IndexOf(Kinds, kind)];

        public void Reported(TierKind kind, ShardSet shards)
        {
            ref var missing = ref _missing[Array.IndexOf(Kinds, kind)];
            missing = missing.Except(shards);
        }

        public void MissAll(ShardSet shards)
        {
            for (var i = 0; i < _missing.Length; i++)
                _missing[i] = _missing[i].Or(shards);
        }

        public void MissNone(ShardSet shards)
        {
            for (var i = 0; i < _missing.Length; i++)
                _missing[i] = _missing[i].Except(shards);
        }
    }
}
