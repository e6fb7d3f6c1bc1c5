using Cascade.Core.Identity;

namespace Cascade.Hosting.Replay;

/// <summary>What the tiers of a node count, added up; the difference of two is what happened between them.</summary>
/// <param name="Evicted">Copies that left a tier to make room.</param>
/// <param name="Demoted">Copies that were moved to a farther tier.</param>
/// <param name="PublishedInMemory">Copies that became readable in the node's memory, by whatever way they came.</param>
internal readonly record struct NodeFigures(long Evicted, long Demoted, long PublishedInMemory)
{
    /// <summary>Adds up the tiers of a node.</summary>
    public static NodeFigures Of(NodeStat stat)
    {
        var sum = default(NodeFigures);
        foreach (var tier in stat.Tiers)
            sum = new(
                sum.Evicted + tier.Evicted, sum.Demoted + tier.Demoted,
                sum.PublishedInMemory + (tier.Tier is TierKind.Gpu or TierKind.Shm ? tier.Published : 0));
        return sum;
    }

    /// <summary>What was counted since <paramref name="earlier"/>.</summary>
    public NodeFigures Since(NodeFigures earlier) =>
        new(Evicted - earlier.Evicted, Demoted - earlier.Demoted, PublishedInMemory - earlier.PublishedInMemory);

    /// <summary>Copies that came to memory from a farther tier: all that were published there and not stored by a put.</summary>
    public long Promoted(long stored) => Math.Max(0, PublishedInMemory - stored);
}
