namespace Cascade.Core.Eviction;

/// <summary>One trait of a kind, and how much livelier than others blocks with each value of it are.</summary>
/// <param name="values">Values that it takes.</param>
/// <param name="stride">Kinds with the same value in a row.</param>
internal sealed class KindTrait(int values, int stride)
{
    private const double FactorMax = 1e4;

    private readonly double[] _factors = [.. Enumerable.Repeat(1.0, values)];
    private readonly double[] _changes = new double[values];
    private readonly double[] _doublings = new double[values];
    private readonly double[] _hits = new double[values];
    private readonly double[] _expected = new double[values];

    public int Values => values;

    public double FactorOf(int kind) => _factors[kind / stride % values];

    /// <summary>The factor of a value as a power of 2.</summary>
    public double DoublingsOfValue(int value) => _doublings[value];

    /// <summary>What the factor of a kind was multiplied with last.</summary>
    public double ChangeOf(int kind) => _changes[kind / stride % values];

    /// <summary>Starts to count anew.</summary>
    public void Begin()
    {
        Array.Clear(_hits);
        Array.Clear(_expected);
    }

    /// <summary>Counts the hits of a kind, and how many there should have been.</summary>
    public void Count(int kind, double hits, double expected)
    {
        _hits[kind / stride % values] += hits;
        _expected[kind / stride % values] += expected;
    }

    /// <summary>Moves each factor to where hits would have been as expected.</summary>
    /// <param name="leaningCases">Cases that speak for no change.</param>
    public void End(double leaningCases)
    {
        for (var value = 0; value < values; value++)
        {
            var factor = _factors[value] * (_hits[value] + leaningCases) / (_expected[value] + leaningCases);
            factor = Math.Clamp(factor, 1 / FactorMax, FactorMax);
            _changes[value] = factor / _factors[value];
            _factors[value] = factor;
            _doublings[value] = Math.Log2(_factors[value]);
        }
    }
}
