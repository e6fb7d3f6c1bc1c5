using Cascade.Core.Identity;
using Cascade.Core.Messages;
using Cascade.Core.Ports;
using Cascade.Core.Sharding;
using Cascade.Core.Wire;

namespace Cascade.Core.Ownership;

/// <content>What tiers say that they hold.</content>
public sealed partial class CopyLoaderCore
{
    private void OnHoldings(Holdings holdings, Outbox outbox)
    {
        if (ReportingOf(holdings.Tier.Node, holdings.Tier.Tier, holdings.Start) is not { } reporting)
            return;
        var wanted = holdings.Shards.And(reporting.MissingOf(holdings.Tier.Tier));
        if (wanted.IsEmpty)
            return;
        _directory.Take(holdings.Tier, wanted, holdings.Blocks, isLast: !holdings.More);
        if (holdings.More)
            return;
        reporting.Reported(holdings.Tier.Tier, wanted);
        Settle(outbox);
    }

    /// <summary>Says which shards nothing is missing of any more.</summary>
    private void Settle(Outbox outbox)
    {
        if (_loads.Count == 0 && _incomplete.IsEmpty)
            return;
        var missing = _nodes.Values.Aggregate(new ShardSet(), static (all, node) => all.Or(node.MissingAny));
        foreach (var shard in _incomplete.Except(missing).Shards())
            _directory.SetComplete(shard, true);
        _incomplete = _incomplete.And(missing);
        for (var i = 0; i < _loads.Count;)
        {
            var load = _loads[i];
            var loaded = load.Shards.Except(missing);
            foreach (var shard in loaded.Shards())
                _directory.SetComplete(shard, true);
            if (!loaded.IsEmpty)
                outbox.Send(load.Region, new ShardsLoaded(loaded, load.Round));
            _loads[i] = load with { Shards = load.Shards.And(missing) };
            if (_loads[i].Shards.IsEmpty)
                _loads.RemoveAt(i);
            else
                i++;
        }
    }

    private void OnDigest(object tier, HoldingsDigest digest, Outbox outbox)
    {
        if (ReportingOf(digest.Tier.Node, digest.Tier.Tier, digest.Start) is not { } reporting || digest.Tallies.Count != digest.Shards.Count)
            return;
        var missing = reporting.MissingOf(digest.Tier.Tier);
        ShardSet unknown = new(), wrong = new();
        List<HeldBlock> believed = [];
        int at = 0, budget = WireLimits.HoldingsMax;
        foreach (var shard in digest.Shards.Shards())
        {
            var held = digest.Tallies[at++];
            if (!_here.Contains(shard))
                continue;
            if (missing.Contains(shard))
            {
                unknown.Add(shard);
                continue;
            }
            var known = _directory.TallyOf(shard, digest.Tier);
            if (known == held || (!wrong.IsEmpty && budget < Math.Max(known.Count, held.Count)) || known.Count > WireLimits.BelievedMax)
                continue;
            // The rest is for the next comparison, so that healing never floods.
            budget -= Math.Max(known.Count, held.Count);
            wrong.Add(shard);
            _directory.CopiesIn(shard, digest.Tier, believed);
        }
        if (!wrong.IsEmpty && believed.Count <= WireLimits.BelievedMax)
            outbox.Send(tier, new Believed(digest.Tier, wrong, believed));
        if (!unknown.IsEmpty && _reporterOf(digest.Tier.Node) is { } reporter)
            outbox.Send(reporter, new ListHoldings(_view.Self, unknown));
    }

    /// <summary>What the tier has yet to report, if it is of a node that is there, and of its present life.</summary>
    private Reporting? ReportingOf(NodeId node, TierKind tier, Clocks.HybridTimestamp start) =>
        Array.IndexOf(Kinds, tier) >= 0 && _nodes.TryGetValue(node, out var reporting) && reporting.Start == start ? reporting : null;
}
