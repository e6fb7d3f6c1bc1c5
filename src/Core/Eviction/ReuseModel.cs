namespace Cascade.Core.Eviction;

/// <summary>
/// Learns from the stream how likely a block of each kind is asked for again at each age, whether it is still held or not.
/// </summary>
/// <remarks>
/// <para>
/// A proportional-hazards model (Cox, 1972) with a baseline by steps of age: the chance of an access in a step, for blocks that
/// reached it, is the baseline's times a factor for each of three traits. Few numbers are thus learned from all that happens, where
/// a table of its own for each kind would wait long for enough cases. Baseline and factors are fitted in turn (iterative
/// proportional fitting); both lean towards their neighbours and towards 1 by as much as a few tens of cases weigh.
/// </para>
/// <para>
/// Blocks count until they are seen again or forgotten; those still remembered count by their age so far (Kaplan and Meier, 1958), so
/// that what the tier holds has no say in what is learned. Old cases fade by half in about 90 fits. 350 KiB.
/// </para>
/// </remarks>
internal sealed class ReuseModel
{
    private const int Steps = AgeScale.Steps;
    private const int Kinds = BlockHistory.Kinds;
    private const int Rounds = 3;
    private const float Fading = 0.992f;
    private const double LeaningCases = 30;
    private const double BaselineLeaningCases = 16;
    private const double BaselineMax = 5;
    private const double FactorMax = 1e4;

    /// <summary>Before anything is learned, younger blocks are worth more: with equal chances in each step it is recency that counts.</summary>
    private const double BaselineUnlearned = 0.01;

    private readonly float[] _ended = new float[Kinds * Steps];
    private readonly float[] _alive = new float[Kinds * Steps];
    private readonly float[] _hitsOfKind = new float[Kinds];
    private readonly float[] _hitsOfStep = new float[Steps];
    private readonly double[] _baseline = new double[Steps];
    private readonly double[] _reached = new double[Steps];
    private readonly double[] _expected = new double[Kinds];
    private readonly int[] _seenKinds = new int[Kinds];
    private readonly Trait[] _traits =
    [
        new(BlockHistory.UseClasses * BlockHistory.NewClasses, AgeScale.PauseClasses * BlockHistory.FollowedClasses),
        new(AgeScale.PauseClasses, BlockHistory.FollowedClasses),
        new(BlockHistory.FollowedClasses, 1),
    ];

    public ReuseModel() => Array.Fill(_baseline, BaselineUnlearned);

    public long TableBytes =>
        ((_ended.Length + _alive.Length + _hitsOfKind.Length + _seenKinds.Length) * (long)sizeof(float)) + (_expected.Length * (long)sizeof(double));

    /// <summary>Expected accesses in a step of age to a block of factor 1 that reached it.</summary>
    public ReadOnlySpan<double> Baseline => _baseline;

    /// <summary>What the baseline is to be multiplied with for a kind.</summary>
    public double FactorOf(int kind)
    {
        var factor = 1.0;
        foreach (var trait in _traits)
            factor *= trait.FactorOf(kind);
        return factor;
    }

    /// <summary>A block of the kind was accessed again at the age.</summary>
    public void CountHit(int kind, int step)
    {
        _hitsOfStep[step]++;
        _hitsOfKind[kind]++;
        _ended[(kind * Steps) + step]++;
    }

    /// <summary>A block of the kind was forgotten at the age.</summary>
    public void CountForgotten(int kind, int step) => _ended[(kind * Steps) + step]++;

    /// <summary>A block of the kind is remembered and has reached the age; counts until the next fit.</summary>
    public void CountRemembered(int kind, int step) => _alive[(kind * Steps) + step]++;

    /// <summary>Learns from what was counted. Takes some hundred microseconds.</summary>
    public void Fit()
    {
        var seen = SumReached();
        for (var round = 0; round < Rounds; round++)
        {
            FitBaseline(seen);
            FitFactors(seen);
        }
        Array.Clear(_alive);
        Fade(_ended);
        Fade(_hitsOfKind);
        Fade(_hitsOfStep);
    }

    /// <summary>Turns blocks by the step in which they ended into blocks that were there in each step; the one they ended in counts half.</summary>
    private ReadOnlySpan<int> SumReached()
    {
        var seen = 0;
        for (var kind = 0; kind < Kinds; kind++)
        {
            var ended = _ended.AsSpan(kind * Steps, Steps);
            var alive = _alive.AsSpan(kind * Steps, Steps);
            var later = 0f;
            for (var step = Steps - 1; step >= 0; step--)
            {
                var here = ended[step] + alive[step];
                alive[step] = later + (here / 2);
                later += here;
            }
            if (later > 0.01f)
                _seenKinds[seen++] = kind;
        }
        return _seenKinds.AsSpan(0, seen);
    }

    private void FitBaseline(ReadOnlySpan<int> seen)
    {
        Array.Clear(_reached);
        foreach (var kind in seen)
        {
            var factor = FactorOf(kind);
            var reached = _alive.AsSpan(kind * Steps, Steps);
            for (var step = 0; step < Steps; step++)
                _reached[step] += factor * reached[step];
        }

        // The first step is not like the second: a block is hardly ever asked for twice at once.
        var before = 0.0;
        for (var step = 0; step < Steps; step++)
        {
            var chance = (_hitsOfStep[step] + (BaselineLeaningCases * before)) / (_reached[step] + BaselineLeaningCases);
            _baseline[step] = Math.Min(chance, BaselineMax);
            before = step == 0 ? 0 : _baseline[step];
        }
    }

    private void FitFactors(ReadOnlySpan<int> seen)
    {
        foreach (var kind in seen)
        {
            var reached = _alive.AsSpan(kind * Steps, Steps);
            var expected = 0.0;
            for (var step = 0; step < Steps; step++)
                expected += _baseline[step] * reached[step];
            _expected[kind] = expected;
        }
        foreach (var trait in _traits)
        {
            trait.Begin();
            foreach (var kind in seen)
                trait.Count(kind, _hitsOfKind[kind], FactorOf(kind) * _expected[kind]);
            trait.End();
        }
    }

    private static void Fade(Span<float> counts)
    {
        foreach (ref var count in counts)
            count *= Fading;
    }

    /// <summary>One trait of a kind and the factors of its values.</summary>
    private sealed class Trait(int values, int stride)
    {
        private readonly double[] _factors = [.. Enumerable.Repeat(1.0, values)];
        private readonly double[] _hits = new double[values];
        private readonly double[] _expected = new double[values];

        public double FactorOf(int kind) => _factors[kind / stride % values];

        public void Begin()
        {
            Array.Clear(_hits);
            Array.Clear(_expected);
        }

        public void Count(int kind, double hits, double expected)
        {
            _hits[kind / stride % values] += hits;
            _expected[kind / stride % values] += expected;
        }

        public void End()
        {
            for (var value = 0; value < values; value++)
            {
                var factor = _factors[value] * (_hits[value] + LeaningCases) / (_expected[value] + LeaningCases);
                _factors[value] = Math.Clamp(factor, 1 / FactorMax, FactorMax);
            }
        }
    }
}
