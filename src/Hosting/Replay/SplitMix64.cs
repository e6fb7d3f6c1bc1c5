namespace Cascade.Hosting.Replay;

/// <summary>The SplitMix64 generator (Steele, Lea and Flood, 2014): the same numbers from the same seed everywhere.</summary>
internal struct SplitMix64(ulong seed)
{
    private const ulong Gamma = 0x9E37_79B9_7F4A_7C15;

    private ulong _state = seed;

    /// <summary>A bijection that spreads every input bit over the whole word.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next() => Mix(_state += Gamma);

    /// <summary>A number below the limit, by the high word of a product: the bias is below limit / 2^64.</summary>
    public ulong Below(ulong limit) => Math.BigMul(Next(), limit, out _);

    /// <summary>A number from <paramref name="min"/> to <paramref name="max"/>, both included.</summary>
    public int Between(int min, int max) => min + (int)Below((ulong)(max - min) + 1);
}
