using Cascade.LoadTests.Engine;

namespace Cascade.LoadTests.Scenarios;

/// <summary>What a scenario is to fit.</summary>
/// <param name="BlockBytes">Length of its blocks.</param>
/// <param name="CapacityBytes">Memory of each node.</param>
/// <param name="Nodes">How many nodes.</param>
/// <param name="WritesPercent">Share of writes, 0 to 100.</param>
/// <param name="Seed">Where its data come from.</param>
internal sealed record ScenarioSizes(int BlockBytes, long CapacityBytes, int Nodes, int WritesPercent, int Seed)
{
    /// <summary>Share of all memory that a working set fills which is to stay in memory: new versions need room beside it.</summary>
    private const double WorkingSetShare = 0.4;

    /// <summary>Keys cost memory of the load itself: about 100 MB for so many.</summary>
    private const int BlocksMax = 1 << 20;

    /// <summary>Blocks of a working set that stays in memory; at least two, at most about a million.</summary>
    public int WorkingSetBlocks => (int)Math.Clamp(WorkingSetShare * CapacityBytes * Nodes / BlockBytes, 2, BlocksMax);
}

/// <summary>A scenario that can be asked for by name.</summary>
internal sealed record ScenarioKind
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it does, in a line.</summary>
    public required string Description { get; init; }

    /// <summary>Makes it, without a load.</summary>
    public required Func<ScenarioSizes, Scenario> Create { get; init; }

    /// <summary>Length of its blocks unless asked otherwise.</summary>
    public int BlockBytes { get; init; } = 512 << 10;

    /// <summary>Memory of each node unless asked otherwise.</summary>
    public long CapacityBytes { get; init; } = 256L << 20;

    /// <summary>Copies of the closed model unless asked otherwise.</summary>
    public int Copies { get; init; } = 8;

    /// <summary>Share of writes unless asked otherwise; null where there is no such choice.</summary>
    public int? WritesPercent { get; init; }

    /// <summary>True when it kills nodes.</summary>
    public bool Kills { get; init; }
}
