using Cascade.Core.Messages;

namespace Cascade.Hosting.Replay;

/// <summary>What the tiers of a node count, added up; the difference of two is what happened between them.</summary>
/// <param name="Evicted">Copies that left a tier to make room.</param>
/// <param name="Demoted">Copies that were written to a farther tier.</param>
/// <param name="Promoted">Copies that came to a nearer tier from a farther one.</param>
internal readonly record struct NodeFigures(long Evicted, long Demoted, long Promoted)
{
    /// <summary>Adds up the tiers of a node.</summary>
    public static NodeFigures Of(NodeStat stat) => Of(stat.Tiers);

    /// <summary>Adds up tiers.</summary>
    public static NodeFigures Of(IEnumerable<TierReport> tiers)
    {
        var sum = default(NodeFigures);
        foreach (var tier in tiers)
            sum = sum.With(new(tier.Evicted, tier.Demoted, tier.Promoted));
        return sum;
    }

    /// <summary>These and others.</summary>
    public NodeFigures With(NodeFigures more) => new(Evicted + more.Evicted, Demoted + more.Demoted, Promoted + more.Promoted);

    /// <summary>What was counted since <paramref name="earlier"/>.</summary>
    public NodeFigures Since(NodeFigures earlier) =>
        new(Evicted - earlier.Evicted, Demoted - earlier.Demoted, Promoted - earlier.Promoted);
}
