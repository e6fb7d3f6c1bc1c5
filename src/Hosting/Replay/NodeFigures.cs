namespace Cascade.Hosting.Replay;

/// <summary>What the tiers of a node count, added up; the difference of two is what happened between them.</summary>
/// <param name="Evicted">Copies that left a tier to make room.</param>
/// <param name="Demoted">Copies that were written to a farther tier.</param>
/// <param name="Promoted">Copies that came to a nearer tier from a farther one.</param>
internal readonly record struct NodeFigures(long Evicted, long Demoted, long Promoted)
{
    /// <summary>Adds up the tiers of a node.</summary>
    public static NodeFigures Of(NodeStat stat)
    {
        var sum = default(NodeFigures);
        foreach (var tier in stat.Tiers)
            sum = new(sum.Evicted + tier.Evicted, sum.Demoted + tier.Demoted, sum.Promoted + tier.Promoted);
        return sum;
    }

    /// <summary>What was counted since <paramref name="earlier"/>.</summary>
    public NodeFigures Since(NodeFigures earlier) =>
        new(Evicted - earlier.Evicted, Demoted - earlier.Demoted, Promoted - earlier.Promoted);
}
