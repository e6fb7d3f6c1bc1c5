using System.Globalization;

namespace Cascade.Hosting.Benchmarks.Ranks;

/// <summary>How much the ranks of a benchmark do.</summary>
internal sealed record RankPlan
{
    /// <summary>Ranks of the job: one reads, one holds what is read, one stays idle until all read.</summary>
    public const int Ranks = 3;

    /// <summary>The rank that measures.</summary>
    public const int Reader = 0;

    /// <summary>The rank that has the blocks.</summary>
    public const int Holder = 1;

    /// <summary>The rank that is idle.</summary>
    public const int Bystander = 2;

    /// <summary>What takes some seconds: for tests.</summary>
    public static RankPlan Quick { get; } = new()
    {
        BlockBytes = 2 << 20,
        BigBytes = 8 << 20,
        Blocks = 2,
        Rounds = 5,
        WarmUpRounds = 1,
        SmallGets = 100,
        SmallWarmUpGets = 50,
        HotReads = 4,
        IdleTime = TimeSpan.FromMilliseconds(500),
        CapacityBytes = 64 << 20,
    };

    /// <summary>True for a job that looks at promotion alone.</summary>
    public bool IsOfPromotion { get; init; }

    /// <summary>Length of a block.</summary>
    public int BlockBytes { get; init; } = 16 << 20;

    /// <summary>Length of the block that is read beside small ones.</summary>
    public int BigBytes { get; init; } = 160 << 20;

    /// <summary>Length of a small block.</summary>
    public int SmallBytes { get; init; } = 4096;

    /// <summary>Blocks that are read in turn, so that no cache has the next.</summary>
    public int Blocks { get; init; } = 4;

    /// <summary>Rounds over all blocks, by the bare calls and by gets, that count.</summary>
    public int Rounds { get; init; } = 21;

    /// <summary>Rounds until the code has its last form.</summary>
    public int WarmUpRounds { get; init; } = 20;

    /// <summary>Gets of small blocks that count, alone and beside a big one. The blocks are so many that none is read as often as a promotion takes.</summary>
    public int SmallGets { get; init; } = 1000;

    /// <summary>Gets of small blocks before.</summary>
    public int SmallWarmUpGets { get; init; } = 1000;

    /// <summary>Small blocks.</summary>
    public int SmallBlocks { get; init; } = 64;

    /// <summary>Reads of the hot block by each rank in a round.</summary>
    public int HotReads { get; init; } = 30;

    /// <summary>Rounds of them.</summary>
    public int HotRounds { get; init; } = 3;

    /// <summary>For how long an idle rank is looked at.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Memory of each rank.</summary>
    public long CapacityBytes { get; init; } = 512L << 20;

    /// <summary>The settings of a rank that follow from this.</summary>
    public IEnumerable<string> Settings()
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"cascade.tiers.shm.capacity={CapacityBytes}");

        // The most there is: fewer reads of any block are measured.
        yield return $"cascade.tracker.promote-after-hits={(IsOfPromotion ? 3 : byte.MaxValue)}";
    }
}
