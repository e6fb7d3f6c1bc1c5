namespace Cascade.Core.Eviction;

/// <summary>What it is worth to hold a block, by its kind and how old it is.</summary>
/// <remarks>
/// The worth is the index of Gittins (1979): the greatest rate of hits for the room and time spent on waiting for them that any
/// moment of giving up can reach, where giving up later may be better than at once. To hold the blocks of the highest index is the
/// best there is while room has a price that does not change. Kinds are put into levels by their factor, a quarter of a doubling each,
/// and worths into ranks, a 256th of a doubling each.
/// </remarks>
internal sealed class WorthTable
{
    /// <summary>Levels of liveliness.</summary>
    public const int Levels = 64;

    /// <summary>Levels for a doubling of the factor.</summary>
    public const int LevelsPerDoubling = 4;

    /// <summary>Ranks of worth: from 1, the least.</summary>
    public const int RankMax = DoublingsOfWorth << RankBits;

    private const int Steps = AgeScale.Steps;
    private const int RankBits = 8;
    private const int MantissaBits = 23;
    private const int ExponentOfOne = 127;
    private const int DoublingsOfWorth = 48;

    private readonly ushort[] _ranks = new ushort[ReuseModel.Baselines * Levels * Steps];
    private readonly float[] _chances = new float[ReuseModel.Baselines * Levels * Steps];
    private readonly double[] _widths = new double[Steps];
    private readonly Stretch[] _ahead = new Stretch[Steps];
    private readonly byte[] _levels = new byte[BlockHistory.Kinds];

    public WorthTable(AgeScale scale, ReuseModel model)
    {
        Use(scale);
        Learn(model);
    }

    public long TableBytes => (_ranks.Length * (long)sizeof(ushort)) + (_chances.Length * (long)sizeof(float)) + _levels.Length;

    /// <summary>The rank of a block's worth among all: from 1, the least, to <see cref="RankMax"/>.</summary>
    /// <param name="kind">The block's kind.</param>
    /// <param name="levelsMore">Levels by which it is to be livelier than its kind is.</param>
    /// <param name="step">Its age.</param>
    public int RankOf(int kind, int levelsMore, int step) => _ranks[IndexOf(kind, levelsMore, step)];

    /// <summary>Chance that a block of the kind that has reached the age is ever asked for again: 0 to 1.</summary>
    public float ChanceOf(int kind, int step) => _chances[IndexOf(kind, 0, step)];

    /// <summary>Counts ages on another scale from the next <see cref="Learn"/> on.</summary>
    public void Use(AgeScale scale)
    {
        for (var step = 0; step < Steps; step++)
            _widths[step] = scale.WidthOf(step);
    }

    /// <summary>Takes over what was learned.</summary>
    public void Learn(ReuseModel model)
    {
        SetLevels(model.Traits);
        for (var baseline = 0; baseline < ReuseModel.Baselines; baseline++)
        {
            var chances = model.Baseline(isShared: baseline == 1);
            for (var level = 0; level < Levels; level++)
            {
                var factor = Math.Pow(2, (level - (Levels / 2)) / (double)LevelsPerDoubling);
                var row = ((baseline * Levels) + level) * Steps;
                LearnRow(chances, factor, _ranks.AsSpan(row, Steps), _chances.AsSpan(row, Steps));
            }
        }
    }

    private int IndexOf(int kind, int levelsMore, int step)
    {
        var level = Math.Clamp(_levels[kind] + levelsMore, 0, Levels - 1);
        return (((BlockHistory.IsShared(kind) ? Levels : 0) + level) * Steps) + step;
    }

    /// <summary>The level of a kind by the sum of what each trait adds; kinds are numbered as the loops run.</summary>
    private void SetLevels(ReadOnlySpan<KindTrait> traits)
    {
        var kind = 0;
        for (var use = 0; use < traits[0].Values; use++)
        {
            for (var pause = 0; pause < traits[1].Values; pause++)
            {
                var above = traits[0].DoublingsOfValue(use) + traits[1].DoublingsOfValue(pause);
                for (var followed = 0; followed < traits[2].Values; followed++)
                {
                    var here = above + traits[2].DoublingsOfValue(followed);
                    for (var depth = 0; depth < traits[3].Values; depth++)
                    {
                        var level = Math.Round((here + traits[3].DoublingsOfValue(depth)) * LevelsPerDoubling) + (Levels / 2);
                        _levels[kind++] = (byte)Math.Clamp(level, 0, Levels - 1);
                    }
                }
            }
        }
    }

    /// <summary>Looks ahead from the middle of each step: the best rate over all moments of giving up, and the chance of a hit at all.</summary>
    /// <remarks>
    /// From the last step back, what lies ahead is kept as stretches of falling rate; the best moment of giving up is the end of the first
    /// one. A step is a stretch of its own until the next has a higher rate: then the two are one. The last step has no end: to
    /// wait there costs without limit, and is worth nothing.
    /// </remarks>
    private void LearnRow(ReadOnlySpan<double> chances, double factor, Span<ushort> ranks, Span<float> chancesOfHit)
    {
        var (depth, chance) = (0, 0.0);
        ranks[Steps - 1] = 1;
        chancesOfHit[Steps - 1] = 0;
        for (var step = Steps - 2; step >= 0; step--)
        {
            var share = 1 - Math.Exp(-factor * chances[step]);
            var half = new Stretch(share / 2, _widths[step] / 2 * (1 - (share / 4)));
            for (var next = depth - 1; next >= 0 && _ahead[next].IsAbove(half); next--)
                half = half.Then(_ahead[next]);
            ranks[step] = RankOfWorth((float)(half.Hits / half.Time));
            chancesOfHit[step] = (float)((share / 2) + ((1 - (share / 2)) * chance));
            chance = share + ((1 - share) * chance);
            var whole = new Stretch(share, _widths[step] * (1 - (share / 2)));
            while (depth > 0 && _ahead[depth - 1].IsAbove(whole))
                whole = whole.Then(_ahead[--depth]);
            _ahead[depth++] = whole;
        }
    }

    /// <summary>The exponent and the first bits behind it: they rise with the number.</summary>
    private static ushort RankOfWorth(float worth)
    {
        var bits = (int)(BitConverter.SingleToUInt32Bits(worth) >> (MantissaBits - RankBits));
        return (ushort)Math.Clamp(bits - ((ExponentOfOne - DoublingsOfWorth) << RankBits), 1, RankMax);
    }

    /// <summary>Some steps, for a block that has reached the first of them.</summary>
    /// <param name="Hits">Chance of a hit in them.</param>
    /// <param name="Time">Time that passes in them until the hit or their end, in the mean.</param>
    private readonly record struct Stretch(double Hits, double Time)
    {
        public bool IsAbove(in Stretch other) => Hits * other.Time > other.Hits * Time;

        public Stretch Then(in Stretch next) => new(Hits + ((1 - Hits) * next.Hits), Time + ((1 - Hits) * next.Time));
    }
}
