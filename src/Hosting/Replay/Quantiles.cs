namespace Cascade.Hosting.Replay;

/// <summary>A distribution by some of its quantiles, with straight lines between them.</summary>
/// <remarks>Whole numbers throughout, so that all machines draw the same. Immutable.</remarks>
internal sealed class Quantiles
{
    /// <summary>The share of all, as quantiles are written.</summary>
    public const int Whole = 1_000;

    private readonly (int PerMille, int Value)[] _points;

    /// <summary>Takes the points.</summary>
    /// <param name="points">How many of a thousand are not above a value: both rise, from 0 to <see cref="Whole"/>.</param>
    /// <exception cref="ArgumentException">The points do not.</exception>
    public Quantiles(params (int PerMille, int Value)[] points)
    {
        var isRising = points.Zip(points.Skip(1), static (low, high) => low.PerMille < high.PerMille && low.Value <= high.Value).All(static isSo => isSo);
        if (points.Length < 2 || points[0].PerMille != 0 || points[^1].PerMille != Whole || !isRising)
            throw new ArgumentException($"Quantiles rise from 0 to {Whole} of {Whole}, and so do their values.", nameof(points));
        _points = points;
    }

    /// <summary>The least value.</summary>
    public int Min => _points[0].Value;

    /// <summary>The greatest value.</summary>
    public int Max => _points[^1].Value;

    /// <summary>Draws a value: <see cref="Min"/> to <see cref="Max"/>.</summary>
    public int Draw(ref SplitMix64 random)
    {
        const int bits = 32;
        var share = (long)random.Below((ulong)Whole << bits);
        var next = 1;
        while (share >= (long)_points[next].PerMille << bits)
            next++;
        var (low, high) = (_points[next - 1], _points[next]);
        var behind = share - ((long)low.PerMille << bits);
        var step = (long)(high.PerMille - low.PerMille) << bits;
        return low.Value + (int)((Int128)(high.Value - low.Value) * behind / step);
    }
}
