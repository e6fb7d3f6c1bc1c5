using Cascade.Core.Identity;
using Cascade.Core.Membership;
using Cascade.Core.Messages;
using Cascade.Core.Placement;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;

namespace Cascade.Core.Ownership;

/// <summary>
/// Has the tiers of this node tell the owners' nodes what they hold: all of it to a node that asks, and in short whenever the owner of a shard changes and, one
/// node a second in turn, in between.
/// </summary>
/// <remarks>
/// <para>
/// A node is told all of a shard only while this node's own view says that it owns that shard: then all that the tiers say later goes there too. A node that learns
/// of a change late has the shard compared with its new owner when it does; the owner, which has heard nothing of it so far, then asks. So no word that
/// still went to the former owner is missed.
/// </para>
/// <para>Not thread-safe: it belongs to the reporter's actor.</para>
/// </remarks>
public sealed class CopyReporterCore
{
    private readonly ClusterView _view;
    private readonly Func<NodeId, object?> _loaderOf;
    private readonly NodeLife?[] _owners = new NodeLife?[ShardMap.Shards];
    private readonly SortedSet<NodeId> _soon = [];
    private readonly TierKind[] _absent;
    private readonly TierKind[] _present;
    private NodeId _last;

    /// <summary>Makes a reporter that has compared nothing yet.</summary>
    /// <param name="view">What is known of the cluster.</param>
    /// <param name="tiers">The tiers that the node has; others are reported empty.</param>
    /// <param name="loaderOf">What tiers send to in order to reach the <see cref="CopyLoaderCore"/> of a node; null when the node is not in the cluster.</param>
    public CopyReporterCore(ClusterView view, IReadOnlyCollection<TierKind> tiers, Func<NodeId, object?> loaderOf)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(loaderOf);
        _view = view;
        _present = [.. CopyLoaderCore.Kinds.Where(tiers.Contains)];
        _absent = [.. CopyLoaderCore.Kinds.Except(tiers)];
        _loaderOf = loaderOf;
        _last = view.Self;
    }

    /// <summary>Takes one message in.</summary>
    /// <returns>False when the message is none of the reporter's.</returns>
    public bool Handle(object sender, object message, Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(outbox);
        switch (message)
        {
            case ClusterState state: OnState(state, outbox); break;
            case ListHoldings asked: OnAsked(sender, asked, outbox); break;
            case CompareWith other: _soon.Add(other.Node); break;
            default: return false;
        }
        return true;
    }

    /// <summary>Compares with one owner's node. To be called once a second.</summary>
    public void Tick(Outbox outbox)
    {
        ArgumentNullException.ThrowIfNull(outbox);
        var state = _view.Current;
        _soon.RemoveWhere(node => state.Members.Find(node) is null);
        NodeId? next = _soon.Count > 0 ? _soon.Min : NextInTurn(state.Shards);
        if (next is not { } owner)
            return;
        if (!_soon.Remove(owner))
            _last = owner;
        var shards = new ShardSet();
        for (var shard = 0; shard < ShardMap.Shards; shard++)
        {
            if (state.Shards.OwnerOf(shard) == owner)
                shards.Add(shard);
        }
        Compare(owner, shards, outbox);
    }

    private NodeId? NextInTurn(ShardMap map)
    {
        var nodes = map.Nodes;
        if (nodes.IsEmpty)
            return null;
        foreach (var node in nodes)
        {
            if (node > _last)
                return node;
        }
        return nodes[0];
    }

    private void OnState(ClusterState state, Outbox outbox)
    {
        SortedDictionary<NodeId, ShardSet> changed = [];
        for (var shard = 0; shard < ShardMap.Shards; shard++)
        {
            var owner = state.Shards.OwnerOf(shard) is { } node ? state.Members.Find(node)?.Life : null;
            if (owner == _owners[shard])
                continue;
            _owners[shard] = owner;
            if (owner is not { } present)
                continue;
            if (!changed.TryGetValue(present.Node, out var shards))
                changed.Add(present.Node, shards = new ShardSet());
            shards.Add(shard);
        }
        foreach (var (owner, shards) in changed)
            Compare(owner, shards, outbox);
    }

    private void Compare(NodeId owner, ShardSet shards, Outbox outbox)
    {
        if (shards.IsEmpty || Start is not { } start || _loaderOf(owner) is not { } loader)
            return;
        foreach (var tier in _present)
            outbox.Send(AddressOf(tier), new TallyHoldings(loader, start, shards));
    }

    private void OnAsked(object sender, ListHoldings asked, Outbox outbox)
    {
        var state = _view.Current;
        var shards = new ShardSet();
        foreach (var shard in asked.Shards.Shards())
        {
            if (state.Shards.OwnerOf(shard) == asked.Asker)
                shards.Add(shard);
        }
        if (shards.IsEmpty || Start is not { } start)
            return;
        foreach (var tier in _present)
            outbox.Send(AddressOf(tier), new ReportHoldings(sender, start, shards));
        foreach (var tier in _absent)
            outbox.Send(sender, new Holdings(AddressOf(tier), start, shards, More: false, []));
    }

    private Clocks.HybridTimestamp? Start => _view.Current.Members.Find(_view.Self)?.Start;

    private TierAddress AddressOf(TierKind tier) => new(_view.Self, tier);
}
