namespace Cascade.Core.Eviction;

/// <summary>
/// Learns from the stream how likely a block of each kind is asked for again at each age, whether it is still held or not.
/// </summary>
/// <remarks>
/// <para>
/// A proportional-hazards model (Cox, 1972) with a baseline by steps of age: the chance of an access in a step, for blocks that
/// reached it, is the baseline's times a factor for each of four traits. Blocks that conversations share have a baseline of their own.
/// Few numbers are thus learned from all that happens, where a table for each kind would wait long for enough cases. Baseline and
/// factors are fitted in turn (iterative proportional fitting), a round each time, since the next one is never far; both lean, towards
/// their neighbours and towards 1, by as much as a few tens of cases weigh.
/// </para>
/// <para>
/// Blocks count until they are seen again or forgotten; those still remembered count by their age so far (Kaplan and Meier, 1958), so
/// that what the tier holds has no say in what is learned. Old cases fade by half in about 90 fits. Some 760 KiB.
/// </para>
/// </remarks>
internal sealed class ReuseModel
{
    /// <summary>One for the blocks of conversations, one for those that they share.</summary>
    public const int Baselines = 2;

    private const int Steps = AgeScale.Steps;
    private const int Kinds = BlockHistory.Kinds;

    /// <summary>Kinds with cases at one time: what occurs besides is rare, and is judged by its traits without being learned from.</summary>
    private const int RowsMax = 2_048;

    private const short NoRow = -1;
    private const float Fading = 0.992f;
    private const float CasesMin = 0.01f;
    private const double LeaningCases = 30;
    private const double BaselineLeaningCases = 16;
    private const double BaselineMax = 5;

    /// <summary>Before anything is learned, younger blocks are worth more: with equal chances in each step it is recency that counts.</summary>
    private const double BaselineUnlearned = 0.01;

    private readonly short[] _rowOfKind = new short[Kinds];
    private readonly int[] _kindOfRow = new int[RowsMax];
    private readonly double[] _factorOfRow = new double[RowsMax];
    private readonly float[] _ended = new float[RowsMax * Steps];
    private readonly float[] _alive = new float[RowsMax * Steps];
    private readonly float[] _hitsOfRow = new float[RowsMax];
    private readonly double[] _expected = new double[RowsMax];
    private readonly float[] _hitsOfStep = new float[Baselines * Steps];
    private readonly double[] _baseline = new double[Baselines * Steps];
    private readonly double[] _reached = new double[Baselines * Steps];
    private int _rows;

    public ReuseModel()
    {
        Array.Fill(_rowOfKind, NoRow);
        Array.Fill(_baseline, BaselineUnlearned);
    }

    /// <summary>The traits of a kind, from the slowest-changing to the fastest.</summary>
    public KindTrait[] Traits { get; } =
    [
        new(BlockHistory.UseClasses * BlockHistory.NewClasses, AgeScale.PauseClasses * BlockHistory.FollowedClasses * BlockHistory.DepthClasses),
        new(AgeScale.PauseClasses, BlockHistory.FollowedClasses * BlockHistory.DepthClasses),
        new(BlockHistory.FollowedClasses, BlockHistory.DepthClasses),
        new(BlockHistory.DepthClasses, 1),
    ];

    public long TableBytes =>
        ((_ended.Length + _alive.Length + _hitsOfRow.Length + _kindOfRow.Length) * (long)sizeof(float))
        + ((_expected.Length + _factorOfRow.Length) * (long)sizeof(double)) + (_rowOfKind.Length * (long)sizeof(short));

    /// <summary>Expected accesses in each step of age to a block of factor 1 that reached it.</summary>
    public ReadOnlySpan<double> Baseline(bool isShared) => _baseline.AsSpan(isShared ? Steps : 0, Steps);

    /// <summary>What the baseline is to be multiplied with for a kind.</summary>
    public double FactorOf(int kind)
    {
        var factor = 1.0;
        foreach (var trait in Traits)
            factor *= trait.FactorOf(kind);
        return factor;
    }

    /// <summary>A block of the kind was accessed again at the age.</summary>
    public void CountHit(int kind, int step)
    {
        if (RowOf(kind) is not (>= 0 and var row))
            return;
        _hitsOfStep[(BlockHistory.IsShared(kind) ? Steps : 0) + step]++;
        _hitsOfRow[row]++;
        _ended[(row * Steps) + step]++;
    }

    /// <summary>A block of the kind was forgotten at the age.</summary>
    public void CountForgotten(int kind, int step)
    {
        if (RowOf(kind) is >= 0 and var row)
            _ended[(row * Steps) + step]++;
    }

    /// <summary>A block of the kind is remembered and has reached the age; counts until the next fit.</summary>
    public void CountRemembered(int kind, int step)
    {
        if (RowOf(kind) is >= 0 and var row)
            _alive[(row * Steps) + step]++;
    }

    /// <summary>Learns from what was counted.</summary>
    public void Fit()
    {
        SumReached();
        FitBaselines();
        FitFactors();
        Array.Clear(_alive, 0, _rows * Steps);
        Fade(_hitsOfRow);
        Fade(_hitsOfStep);
        for (var row = _rows - 1; row >= 0; row--)
        {
            if (Fade(_ended.AsSpan(row * Steps, Steps)) < CasesMin)
                FreeRow(row);
        }
    }

    /// <summary>From now on ages are counted in units of twice the length: what was learned of each step is of an earlier one.</summary>
    public void DoubleUnit()
    {
        for (var row = 0; row < _rows; row++)
        {
            Shift(_ended.AsSpan(row * Steps, Steps));
            Shift(_alive.AsSpan(row * Steps, Steps));
        }
        for (var baseline = 0; baseline < Baselines; baseline++)
        {
            Shift(_hitsOfStep.AsSpan(baseline * Steps, Steps));
            Shift(_baseline.AsSpan(baseline * Steps, Steps));
            _baseline.AsSpan((baseline * Steps) + Steps - AgeScale.StepsPerDoubling, AgeScale.StepsPerDoubling).Fill(BaselineUnlearned);
        }
    }

    /// <summary>Moves counts by a doubling of age towards the first step, which takes in all that would come before it.</summary>
    private static void Shift<T>(Span<T> counts)
        where T : struct, System.Numerics.INumber<T>
    {
        for (var step = 1; step <= AgeScale.StepsPerDoubling; step++)
            counts[0] += counts[step];
        counts[(AgeScale.StepsPerDoubling + 1)..].CopyTo(counts[1..]);
        counts[^AgeScale.StepsPerDoubling..].Clear();
    }

    private int RowOf(int kind)
    {
        int row = _rowOfKind[kind];
        if (row >= 0 || _rows == RowsMax)
            return row;
        _rowOfKind[kind] = (short)_rows;
        _kindOfRow[_rows] = kind;
        return _rows++;
    }

    /// <summary>Turns blocks by the step in which they ended into blocks that were there in each step; the one they ended in counts half.</summary>
    private void SumReached()
    {
        for (var row = 0; row < _rows; row++)
        {
            var ended = _ended.AsSpan(row * Steps, Steps);
            var alive = _alive.AsSpan(row * Steps, Steps);
            var later = 0f;
            for (var step = Steps - 1; step >= 0; step--)
            {
                var here = ended[step] + alive[step];
                alive[step] = later + (here / 2);
                later += here;
            }
        }
    }

    private void FitBaselines()
    {
        Array.Clear(_reached);
        for (var row = 0; row < _rows; row++)
        {
            var factor = FactorOf(_kindOfRow[row]);
            _factorOfRow[row] = factor;
            var alive = _alive.AsSpan(row * Steps, Steps);
            var reached = _reached.AsSpan(BlockHistory.IsShared(_kindOfRow[row]) ? Steps : 0, Steps);
            for (var step = 0; step < Steps; step++)
                reached[step] += factor * alive[step];
        }

        // Each leans towards what holds for all, and that towards the step before; but a block is hardly ever asked for twice at once, so
        // that the first step says nothing of the second. Nor do steps in which nothing is ever asked for say that the next ones are
        // like them: an age that no block has reached is as good as before anything was learned. Without that, the longest held would
        // go first as long as nothing has been asked for twice, and a loop would pass unseen.
        var before = 0.0;
        for (var step = 0; step < Steps; step++)
        {
            var hits = _hitsOfStep[step] + _hitsOfStep[Steps + step];
            var all = Math.Min(BaselineMax, Lean(hits, _reached[step] + _reached[Steps + step], before));
            _baseline[step] = Math.Min(BaselineMax, Lean(_hitsOfStep[step], _reached[step], all));
            _baseline[Steps + step] = Math.Min(BaselineMax, Lean(_hitsOfStep[Steps + step], _reached[Steps + step], all));
            before = step == 0 ? BaselineUnlearned : Math.Max(all, BaselineUnlearned);
        }
    }

    private static double Lean(double hits, double reached, double towards) =>
        (hits + (BaselineLeaningCases * towards)) / (reached + BaselineLeaningCases);

    private void FitFactors()
    {
        for (var row = 0; row < _rows; row++)
        {
            var baseline = Baseline(BlockHistory.IsShared(_kindOfRow[row]));
            var reached = _alive.AsSpan(row * Steps, Steps);
            var expected = 0.0;
            for (var step = 0; step < Steps; step++)
                expected += baseline[step] * reached[step];
            _expected[row] = expected;
        }
        foreach (var trait in Traits)
        {
            trait.Begin();
            for (var row = 0; row < _rows; row++)
                trait.Count(_kindOfRow[row], _hitsOfRow[row], _factorOfRow[row] * _expected[row]);
            trait.End(LeaningCases);
            for (var row = 0; row < _rows; row++)
                _factorOfRow[row] *= trait.ChangeOf(_kindOfRow[row]);
        }
    }

    /// <summary>Gives up the row of a kind whose cases have faded; the last row takes its place.</summary>
    private void FreeRow(int row)
    {
        _rows--;
        _rowOfKind[_kindOfRow[row]] = NoRow;
        var ended = _ended.AsSpan(row * Steps, Steps);
        var last = _ended.AsSpan(_rows * Steps, Steps);
        if (row < _rows)
        {
            last.CopyTo(ended);
            _hitsOfRow[row] = _hitsOfRow[_rows];
            _kindOfRow[row] = _kindOfRow[_rows];
            _rowOfKind[_kindOfRow[row]] = (short)row;
        }
        last.Clear();
        _hitsOfRow[_rows] = 0;
    }

    /// <summary>Lets cases count for less; gives those that are left.</summary>
    private static float Fade(Span<float> counts)
    {
        var left = 0f;
        foreach (ref var count in counts)
        {
            count *= Fading;
            left += count;
        }
        return left;
    }
}
