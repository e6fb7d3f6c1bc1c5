namespace Cascade.Core.Eviction;

/// <summary>What it is worth to hold a block, by how lively its kind is and how old it is.</summary>
/// <remarks>
/// The worth is the index of Gittins (1979): the greatest rate of hits for the room and time spent on waiting for them that any
/// moment of giving up can reach, where giving up later may be better than at once. To hold the blocks of the highest index is the
/// best there is while room has a price that does not change. Kinds are put into levels by their factor, a quarter of a doubling each.
/// </remarks>
internal sealed class WorthTable
{
    /// <summary>Levels of liveliness.</summary>
    public const int Levels = 63;

    private const int Steps = AgeScale.Steps;
    private const int LevelsPerDoubling = 4;

    private readonly float[] _worth = new float[Levels * Steps];
    private readonly float[] _chances = new float[Levels * Steps];
    private readonly double[] _widths = new double[Steps];
    private readonly double[] _hitShares = new double[Steps];
    private readonly byte[] _levels = new byte[BlockHistory.Kinds];

    public WorthTable(AgeScale scale, ReuseModel model)
    {
        for (var step = 0; step < Steps; step++)
            _widths[step] = scale.WidthOf(step);
        Learn(model);
    }

    public long TableBytes => ((_worth.Length + _chances.Length) * (long)sizeof(float)) + _levels.Length;

    public int LevelOf(int kind) => _levels[kind];

    /// <summary>Hits for an access's time of room; the order is what counts.</summary>
    public float WorthOf(int level, int step) => _worth[(level * Steps) + step];

    /// <summary>Chance that a block of the level that has reached the step is ever asked for again: 0 to 1.</summary>
    public float ChanceOf(int level, int step) => _chances[(level * Steps) + step];

    public void Learn(ReuseModel model)
    {
        for (var kind = 0; kind < _levels.Length; kind++)
        {
            var level = Math.Round(Math.Log2(model.FactorOf(kind)) * LevelsPerDoubling) + (Levels / 2);
            _levels[kind] = (byte)Math.Clamp(level, 0, Levels - 1);
        }
        for (var level = 0; level < Levels; level++)
        {
            var factor = Math.Pow(2, (level - (Levels / 2)) / (double)LevelsPerDoubling);
            for (var step = 0; step < Steps; step++)
                _hitShares[step] = 1 - Math.Exp(-factor * model.Baseline[step]);
            for (var step = 0; step < Steps; step++)
                (_worth[(level * Steps) + step], _chances[(level * Steps) + step]) = Look(step);
        }
    }

    /// <summary>Looks ahead from an age: the best rate over all moments of giving up, and the chance of a hit at all.</summary>
    /// <remarks>The last step has no end: to wait there costs without limit, and is worth nothing.</remarks>
    private (float Worth, float Chance) Look(int from)
    {
        double waiting = 1, hits = 0, time = 0, bestHits = 0, bestTime = 1;
        for (var step = from; step < Steps - 1; step++)
        {
            var share = step == from ? 0.5 : 1;
            var hitsHere = waiting * share * _hitShares[step];
            time += share * _widths[step] * (waiting - (hitsHere / 2));
            hits += hitsHere;
            waiting -= hitsHere;
            if (hits * bestTime > bestHits * time)
                (bestHits, bestTime) = (hits, time);
        }
        return ((float)(bestHits / bestTime), (float)hits);
    }
}
