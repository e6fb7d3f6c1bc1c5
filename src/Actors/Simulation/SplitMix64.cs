namespace Cascade.Actors.Simulation;

/// <summary>A small seeded generator: the same numbers from the same seed on every machine. Not for secrets. Not thread-safe.</summary>
/// <remarks>SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.</remarks>
public sealed class SplitMix64(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next 64 uniform bits.</summary>
    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 up to but not including <paramref name="bound"/>, which is positive.</summary>
    public int Next(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        // Multiply and shift: biased by less than bound / 2^64, which no run can see.
        return (int)Math.BigMul(Next(), (ulong)bound, out _);
    }

    /// <summary>A number from 0 up to but not including 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A generator whose numbers are independent of those to come from this one.</summary>
    public SplitMix64 Split() => new(Next());
}
