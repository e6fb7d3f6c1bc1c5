using Cascade.Core.Membership;

namespace Cascade.Core.Tests.Membership;

/// <summary>SplitMix64, for the cores and the network of a simulation.</summary>
internal sealed class SeededNumbers(ulong seed) : IRandomNumbers
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>True this often: 0 to 1.</summary>
    public bool Chance(double share) => (Next() >> 11) * (1.0 / (1UL << 53)) < share;
}
